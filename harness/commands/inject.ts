import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { Cluster } from '../cluster/cluster.ts'
import { DrillFolder } from '../drill-folder.ts'
import { injectFault, planFault } from '../faults/bring-about.ts'
import { kindNamed } from '../faults/catalogue.ts'
import { aimed, type Fault } from '../faults/fault.ts'
import { Interrupted } from '../interrupted.ts'
import { NS_PER_MS, RunClock, wallClockMs } from '../lib/clock.ts'
import {
  type Duration,
  formatDuration,
  milliseconds,
  parseDuration,
  seconds,
} from '../lib/duration.ts'
import { Seed } from '../lib/seed.ts'
import { NeverHappened, until } from '../lib/until.ts'
import { EXIT } from '../objectives/exit-code.ts'
import { clusterOf, theStack } from '../sandbox.ts'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import { inForce, undoAll } from '../undoing.ts'
import { stopOnSignals } from './signals.ts'
import { UsageError } from './usage-error.ts'

type Flags = {
  readonly for?: Duration
  readonly set: Readonly<Record<string, string>>
  readonly seed?: string
  readonly stack?: string
}

const WITNESS_WITHIN = seconds(60)

/** `inject`: one fault on a kept stack, with its undo plan on disk before it begins. */
export function injectCommand(finish: (exitCode: number) => void): Command {
  return new Command('inject')
    .description('inject a fault into a kept stack, and see that it took effect')
    .argument('<fault>', 'such as kill ("./drill list faults" names them all)')
    .argument('[target]', 'leader, standby, random, vault-2, … (each fault has its own)')
    .option('--for <duration>', 'heal it after that time, and on Ctrl-C', duration)
    .option('--set <name=value>', 'a parameter of the fault; may be repeated', parameter, {})
    .option('--seed <text>', 'repeats the choices of an earlier injection')
    .option('--stack <id>', 'which stack, where there are several')
    .action(async (name: string, target: string | undefined, flags: Flags) => {
      const stopping = stopOnSignals(say, 'healing', '"./drill heal" undoes what is in force')
      try {
        finish(await inject(aimed(kindNamed(name), target, flags.set), flags, stopping.signal))
      } finally {
        stopping.forget()
      }
    })
}

async function inject(fault: Fault, flags: Flags, signal: AbortSignal): Promise<number> {
  const { kind } = fault
  if (kind.final && flags.for !== undefined) {
    throw new UsageError(
      `${kind.name} is final: nothing ends it after ${formatDuration(flags.for)}`,
    )
  }
  const folder = new DrillFolder()
  const entry = theStack(folder, flags.stack)
  const docker = await connectDocker({ dial: readSettings().dial })
  const cluster = await clusterOf(folder, entry, docker)
  const seed = new Seed(flags.seed)
  const plan = await planFault(fault, cluster, { seed })
  signal.throwIfAborted()
  const [book] = folder.books(entry)
  if (book === undefined) throw new Error(`stack ${entry.run} has no book of faults`)
  const { id } = book.write(kind, plan)
  print(`planned    ${id}: ${kind.name} of ${plan.target} (seed ${seed.text})`)
  const heal = async (): Promise<number> => {
    const found = inForce(folder, entry).filter((each) => each.id === id)
    const [undone] = await undoAll(docker, found)
    if (undone === undefined) return EXIT.passed // somebody else has healed it meanwhile
    print(`${undone.outcome.padEnd(9)}  ${undone.says}`)
    return undone.outcome === 'healed' || undone.outcome === 'gone' ? EXIT.passed : EXIT.failed
  }
  let code: number = EXIT.passed
  try {
    code = await bringAbout(fault, plan, cluster, seed, signal)
    if (flags.for === undefined) {
      const end = kind.final
        ? 'final: only a procedure undoes it, or "./drill down"'
        : `until "./drill heal ${id}"`
      print(`in force   ${end}`)
      return code
    }
    print(`in force   for ${formatDuration(flags.for)}`)
    await sleep(flags.for.ms, undefined, { signal }).catch(() => {})
  } catch (error) {
    // What was half injected is healed as well.
    await heal()
    throw signal.aborted ? signal.reason : error
  }
  const healed = await heal()
  if (signal.reason instanceof Interrupted)
    return healed === EXIT.passed ? signal.reason.exitCode : healed
  return code === EXIT.passed ? healed : code
}

/** Injects and waits for the witness; the bracket is in wall time for people, and its width. */
async function bringAbout(
  { kind }: Fault,
  plan: Awaited<ReturnType<typeof planFault>>,
  cluster: Cluster,
  seed: Seed,
  signal: AbortSignal,
): Promise<number> {
  const clock = new RunClock()
  const baseMs = wallClockMs()
  const { issued, proven } = await injectFault(kind, cluster, plan, { clock, seed, signal })
  const at = (ns: number) => new Date(baseMs + ns / NS_PER_MS).toISOString()
  const width = ((proven - issued) / NS_PER_MS).toFixed(1)
  print(`injected   issued ${at(issued)}, proven ${at(proven)} (${width} ms later)`)
  try {
    const witness = await until(
      `a witness saw ${kind.name} on ${plan.target}`,
      () => kind.witness(cluster, plan),
      { within: WITNESS_WITHIN, every: milliseconds(20), signal },
    )
    const after = formatDuration(milliseconds(clock.elapsedMs(issued)))
    print(`witnessed  after ${after}: ${witness}`)
    return EXIT.passed
  } catch (error) {
    if (!(error instanceof NeverHappened)) throw error
    print(`unseen     nobody saw it; last seen: ${error.lastSeen}`)
    return EXIT.inconclusive
  }
}

function duration(text: string): Duration {
  try {
    return parseDuration(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

function parameter(text: string, before: Readonly<Record<string, string>>) {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) {
    throw new InvalidArgumentError('write it as name=value, such as latencyMs=200')
  }
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
