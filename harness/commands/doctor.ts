import { statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { Command } from 'commander'
import { EXIT } from '../objectives/exit-code.ts'
import { readSettings, type Settings } from '../settings.ts'
import { componentNames } from '../stack/component.ts'
import { containersWeight } from '../stack/cpu-weight.ts'
import { connectDocker, type Docker } from '../stack/docker.ts'
import { localImage } from '../stack/images.ts'
import { findOurs } from '../stack/sweep.ts'

/** A line of the check-up: `bad` means that no run is possible. */
type Finding = { readonly state: 'ok' | 'warn' | 'bad'; readonly text: string }

/** A stack needs about 0.8 GiB; LocalStack alone takes 0.5. */
const MEMORY_MIB = 2048
/** For assembling images where no registry answers. */
const DISK_MIB = 4096

/** `doctor`: what is missing here, and what this machine cannot do. */
export function doctorCommand(finish: (exitCode: number) => void): Command {
  return new Command('doctor')
    .description('check what a run needs on this machine')
    .option('--json', 'one JSON document', false)
    .action(async ({ json }: { json: boolean }) => {
      const findings = await examine(readSettings())
      if (json) print(JSON.stringify(findings, null, 2))
      else for (const { state, text } of findings) print(`${state.padEnd(4)} ${text}`)
      finish(findings.some(({ state }) => state === 'bad') ? EXIT.infrastructure : EXIT.passed)
    })
}

async function examine(settings: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = [
    { state: 'ok', text: `Node ${process.versions.node}` },
    enough('memory', freemem() / 2 ** 20, MEMORY_MIB),
    enough('disk below this folder', freeDiskMib('.'), DISK_MIB),
  ]
  let docker: Docker
  try {
    docker = await connectDocker({ dial: settings.dial })
  } catch (error) {
    return [...findings, { state: 'bad', text: (error as Error).message }]
  }
  const { version, apiVersion, local, rootless, dial } = docker.facts
  findings.push(
    { state: 'ok', text: `Docker Engine ${version}, API ${apiVersion}` },
    local
      ? {
          state: 'ok',
          text: 'the engine is local: kills go to host pids, nodes are dialled directly',
        }
      : {
          state: 'warn',
          text: `the engine is ${rootless ? 'rootless' : 'not local'}: kills go through its API, nodes are dialled ${dial}`,
        },
  )
  const weight = local ? containersWeight() : undefined
  if (weight !== undefined) findings.push(preferred(weight))
  for (const name of componentNames) {
    const image = await localImage(docker, name, settings.sources)
    findings.push(
      image === undefined
        ? {
            state: 'warn',
            text: `${name}: no image yet; the next run that needs it pulls or assembles one`,
          }
        : { state: 'ok', text: `${name}: ${image.reference} (${image.origin})` },
    )
  }
  const ours = await findOurs(docker.engine)
  const runs = new Set(ours.map(({ run }) => run))
  if (ours.length > 0) {
    const text = `${ours.length} containers, networks and volumes of ${runs.size} run(s); "./drill sweep" removes what is not alive`
    findings.push({ state: 'warn', text })
  }
  return findings
}

/** See docs/decisions/cpu-weight.md. */
const preferred = (weight: number): Finding =>
  weight > 1
    ? { state: 'ok', text: `containers get ${weight} times the CPU of a process beside them` }
    : {
        state: 'warn',
        text: 'containers get no more CPU than what runs beside them: on a small machine the servers starve while toolboxes start',
      }

const enough = (what: string, haveMib: number, needMib: number): Finding => ({
  state: haveMib < needMib ? 'warn' : 'ok',
  text: `${what}: ${(haveMib / 1024).toFixed(1)} GiB free${haveMib < needMib ? `, ${needMib / 1024} GiB are needed` : ''}`,
})

function freeDiskMib(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return (bavail * bsize) / 2 ** 20
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
