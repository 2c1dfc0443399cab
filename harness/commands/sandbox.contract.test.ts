import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import { DrillFolder } from '../drill-folder.ts'
import { CommandFailed, run } from '../lib/command.ts'
import { minutes, seconds } from '../lib/duration.ts'
import { HttpTarget } from '../lib/http.ts'
import { clusterOf, theStack } from '../sandbox.ts'
import { connectDocker } from '../stack/docker.ts'
import { findOurs } from '../stack/sweep.ts'

/** A stack by hand: every command is a process of its own, as at a shell. */

const CLI = join(import.meta.dirname, '..', 'cli.ts')
const folder = new DrillFolder()
const { signal } = new AbortController()

async function drill(args: readonly string[], options: Parameters<typeof run>[2] = {}) {
  try {
    const said = await run(process.execPath, [CLI, ...args], { within: minutes(3), ...options })
    return { exit: 0, said }
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    return { exit: error.exit, said: error.lastLines.join('\n') }
  }
}

type Up = {
  readonly stack: string
  readonly expires: string
  readonly balancer: string
  readonly nodes: readonly { readonly name: string; readonly container: string }[]
  readonly tokenFile: string
  readonly caFile: string
}

let up: Up
const own = (...args: string[]) => drill([...args, '--stack', up.stack])
const injected = async (...args: string[]) =>
  expect(await own('inject', ...args)).toMatchObject({ exit: 0 })
const attached = async (): Promise<Cluster> =>
  clusterOf(folder, theStack(folder, up.stack), await connectDocker())
const status = async () => JSON.parse((await own('status', '--json')).said)[0]

beforeAll(async () => {
  const { exit, said } = await drill(['up', '--product', 'openbao', '--for', '1h', '--json'])
  expect({ exit, said }).toMatchObject({ exit: 0 })
  up = JSON.parse(said.slice(said.indexOf('{')))
})
afterAll(async () => {
  if (up !== undefined && existsSync(folder.pathOf(up.stack))) await own('down')
})

test('a stack that is up is there without the process that started it', async () => {
  // On a busy machine a leader may once be too slow for its questions.
  const voters = up.nodes.map(({ name: node }) => ({ node, healthy: true }))
  await expect.poll(status, { timeout: 60_000, interval: 500 }).toMatchObject({
    stack: up.stack,
    expires: up.expires,
    faults: [],
    links: [],
    voters,
  })
  expect((await status()).nodes.filter(({ leader }: { leader: boolean }) => leader)).toHaveLength(1)
})

test('its token opens it at the address that was told, and only its user can read it', async () => {
  const { hostname, port } = new URL(up.balancer)
  const ca = readFileSync(up.caFile, 'utf8')
  const balancer = new HttpTarget(
    { host: hostname, port: Number(port) },
    { tls: { ca, servername: 'balancer' } },
  )
  const { status: answer } = await balancer.request({
    method: 'GET',
    path: '/v1/auth/token/lookup-self',
    headers: { 'x-vault-token': readFileSync(up.tokenFile, 'utf8') },
    within: seconds(5),
  })
  await balancer.close()
  expect(answer).toBe(200)
  const place = folder.pathOf(up.stack)
  const modes = readdirSync(place).map((file) => statSync(join(place, file)).mode & 0o777)
  expect([statSync(place).mode & 0o777, ...new Set(modes)]).toEqual([0o700, 0o600])
})

test('a fault is in force until it is healed, and a second one is refused', async () => {
  const first = await own('inject', 'stop', 'standby', '--seed', '7f3a')
  expect(first.said).toMatch(/^planned {4}01-stop: stop of vault-\d \(seed 7f3a\)$/m)
  expect(first.said).toMatch(/^injected {3}issued 20\S+Z, proven 20\S+Z \([\d.]+ ms later\)$/m)
  expect(first.said).toMatch(/^witnessed {2}after .* the engine reports exit code (0|143)/m)
  expect(first.exit).toBe(0)
  const { faults, nodes } = await status()
  expect(faults).toEqual([
    {
      id: '01-stop',
      fault: 'stop',
      target: expect.stringMatching(/^vault-\d$/),
      since: expect.stringMatching(/^20.*Z$/),
      final: false,
    },
  ])
  const struck = nodes.find(({ name }: { name: string }) => name === faults[0].target)
  expect(struck).toMatchObject({ state: 'no answer', process: expect.stringMatching(/^ended/) })

  const second = await own('inject', 'stop', faults[0].target)
  expect(second).toEqual({ exit: 64, said: `${faults[0].target} does not run` })
  expect((await status()).faults).toEqual(faults)

  expect(await own('heal', '02-stop')).toEqual({
    exit: 64,
    said: 'no fault "02-stop" is in force; there is 01-stop',
  })
  expect(await own('heal', '01-stop')).toEqual({
    exit: 0,
    said: `healed   01-stop: stop of ${faults[0].target}`,
  })
  expect(await own('heal')).toEqual({ exit: 0, said: 'nothing is in force' })
  await (await attached()).converge(signal)
})

test('a process that dies in the middle leaves what another one heals from the plans', async () => {
  await injected('kms-refused', 'all')
  await injected('kill', 'standby')
  const dying = new AbortController()
  const args = ['inject', 'freeze', 'leader', '--for', '60s', '--stack', up.stack]
  const onLine = (line: string) => line.startsWith('in force') && dying.abort(new Error('killed'))
  await expect(drill(args, { signal: dying.signal, onLine })).rejects.toThrow('killed')
  const pending = (await status()).faults.map(({ id }: { id: string }) => id)
  expect(pending).toEqual(['04-freeze', '03-kill', '02-kms-refused'])

  const { exit, said } = await own('heal', 'all')
  expect(said).toMatch(
    /^healed {3}04-freeze: .*\nhealed {3}03-kill: .*\nhealed {3}02-kms-refused: /,
  )
  expect(exit).toBe(0)
  const cluster = await attached()
  await cluster.converge(signal)
  expect(await cluster.cleanStart(signal)).toMatchObject({ held: true })
  expect((await status()).faults).toEqual([])
})

test('Ctrl-C heals a fault that was to last', async () => {
  const args = ['inject', 'freeze', 'standby', '--for', '60s', '--stack', up.stack]
  const onLine = (line: string) => {
    if (line.startsWith('in force')) process.kill(pidOf(args), 'SIGINT')
  }
  const { exit, said } = await drill(args, { onLine })
  expect(said).toMatch(/^healed {5}freeze of vault-\d$/m)
  expect(exit).toBe(130)
  expect((await status()).faults).toEqual([])
})

/** Of the process with exactly these arguments. */
function pidOf(args: readonly string[]): number {
  const wanted = `\0${args.join('\0')}\0`
  const found = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith(wanted)
      } catch {
        return false // it ended between the two calls
      }
    })
  expect(found).toHaveLength(1)
  return Number(found[0])
}

test('a fault of a run that died is healed as well', async () => {
  await injected('kill', 'standby')
  const { faults } = await status()
  const reports = mkdtempSync(join(tmpdir(), 'dead-run-'))
  const dead = `dead-${up.stack}`
  onTestFinished(() => {
    folder.remove(dead)
    rmSync(reports, { recursive: true })
  })
  // The plan is of that run now, whose process is gone.
  mkdirSync(join(reports, 'leader-crash', 'undo'), { recursive: true })
  const note = `${faults[0].id}.json`
  const from = join(folder.pathOf(up.stack), 'undo', note)
  renameSync(from, join(reports, 'leader-crash', 'undo', note))
  const owner = JSON.stringify(new URL('../stack/owner.ts', import.meta.url))
  const print = `import(${owner}).then((o) => console.log(o.ownerText(o.thisProcess())))`
  folder.enter({ run: dead, kind: 'run', directory: reports })
  const entry = { ...folder.entries().find((each) => each.run === dead) }
  expect(await drill(['heal', '--stack', dead])).toEqual({
    exit: 64,
    said: `run ${dead} is alive and heals its faults itself`,
  })
  const gone = { ...entry, owner: await run(process.execPath, ['-e', print]) }
  writeFileSync(join(folder.pathOf(dead), 'stack.json'), JSON.stringify(gone))

  expect(await drill(['heal', '--stack', dead])).toEqual({
    exit: 0,
    said: `healed   ${faults[0].id}: kill of ${faults[0].target}`,
  })
  await (await attached()).converge(signal)
})

test('what is final is named by healing, which changes nothing, and ends with the stack', async () => {
  const refused = await own('inject', 'policy-deleted', 'tenant-access', '--for', '5s')
  expect(refused).toEqual({
    exit: 64,
    said: 'policy-deleted is final: nothing ends it after 5.00 s',
  })
  await injected('policy-deleted', 'tenant-access')
  const said = expect.stringMatching(
    /^final {4}\d\d-policy-deleted: policy-deleted of tenant-access is final: only a procedure undoes it, or `down`$/,
  )
  expect(await own('heal')).toEqual({ exit: 1, said })
  expect((await status()).faults).toMatchObject([{ fault: 'policy-deleted', final: true }])

  expect((await own('down')).said).toMatch(new RegExp(`^removed stack ${up.stack}: \\d+ `))
  const { engine } = await connectDocker()
  expect((await findOurs(engine)).filter((each) => each.run === up.stack)).toEqual([])
  expect(existsSync(folder.pathOf(up.stack))).toBe(false)
  expect(await own('down')).toMatchObject({ exit: 64 })
})
