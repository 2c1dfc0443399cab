import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wallClockMs } from '../lib/clock.ts'
import { run as runProgram } from '../lib/command.ts'
import { hours } from '../lib/duration.ts'
import { imagesOf, labelsOf } from '../throw-away.ts'
import { createContainer } from './container.ts'
import { connectDocker, type Docker } from './docker.ts'
import { runLabels } from './labels.ts'
import { createNetwork } from './network.ts'
import { ownerText, thisProcess } from './owner.ts'
import { findOurs, type Leftover, removeRun, sweep } from './sweep.ts'

let docker: Docker
let image: string
let dead: string
const runs: string[] = []
beforeAll(async () => {
  docker = await connectDocker()
  image = (await imagesOf(docker, ['toxiproxy'])).toxiproxy.reference
  // Another process of this host that made something and has ended since.
  const owner = JSON.stringify(new URL('./owner.ts', import.meta.url))
  const print = `import(${owner}).then((o) => console.log(o.ownerText(o.thisProcess())))`
  dead = await runProgram(process.execPath, ['-e', print])
})
afterAll(async () => {
  for (const run of runs) await removeRun(docker.engine, run)
})

const fromNow = (ms: number) => new Date(wallClockMs() + ms).toISOString()
const elsewhere = () => ownerText({ ...thisProcess(), host: 'another-host' })

/** A container that runs, a network and a volume that it uses, as a run leaves them. */
async function leave(labels: Readonly<Record<string, string>>): Promise<string> {
  const run = `sweep-${randomBytes(3).toString('hex')}`
  runs.push(run)
  const all = { ...labelsOf(run), ...labels }
  const network = await createNetwork(docker.engine, `drill-${run}`, all)
  await docker.engine.createVolume({ Name: `drill-${run}-data`, Labels: all })
  const container = await createContainer(docker.engine, {
    name: `drill-${run}-pod`,
    image,
    labels: all,
    network: { name: network.name },
    volumes: { [`drill-${run}-data`]: '/data' },
  })
  await container.start()
  return run
}

const kindsOf = (found: readonly Leftover[], run: string) =>
  found.filter((each) => each.run === run).map(({ kind }) => kind)
const ALL = ['container', 'network', 'volume']

describe('of a run that left a container, a network and a volume', () => {
  test.each([
    ['is alive', () => ({}), []],
    ['is alive and has expired', () => ({ [runLabels.expiresAt]: fromNow(-1000) }), []],
    ['is dead', () => ({ [runLabels.owner]: dead }), ALL],
    [
      'is dead and was kept on purpose',
      () => ({ [runLabels.owner]: dead, [runLabels.kept]: 'yes' }),
      [],
    ],
    [
      'is dead, was kept and has expired',
      () => ({
        [runLabels.owner]: dead,
        [runLabels.kept]: 'yes',
        [runLabels.expiresAt]: fromNow(-1000),
      }),
      ALL,
    ],
    ['is on another host', () => ({ [runLabels.owner]: elsewhere() }), []],
    [
      'is on another host and has expired',
      () => ({ [runLabels.owner]: elsewhere(), [runLabels.expiresAt]: fromNow(-hours(1).ms) }),
      ALL,
    ],
  ] as const)('and %s, exactly what nobody needs is removed', async (_what, labels, gone) => {
    const run = await leave(labels())
    expect(kindsOf(await findOurs(docker.engine), run)).toEqual(ALL)
    const { removed, left } = await sweep(docker.engine)
    expect(kindsOf(removed, run)).toEqual(gone)
    expect(kindsOf(left, run)).toEqual(ALL.filter((kind) => !gone.includes(kind as never)))
    expect(kindsOf(await findOurs(docker.engine), run)).toEqual(kindsOf(left, run))
  })
})

test('two sweeps at once do not disturb each other', async () => {
  const run = await leave({ [runLabels.owner]: dead })
  await Promise.all([sweep(docker.engine), sweep(docker.engine)])
  expect(kindsOf(await findOurs(docker.engine), run)).toEqual([])
})

test('removing a run touches no other', async () => {
  const [mine, other] = [await leave({}), await leave({})]
  expect(kindsOf(await removeRun(docker.engine, mine), mine)).toEqual(ALL)
  expect(kindsOf(await findOurs(docker.engine), mine)).toEqual([])
  expect(kindsOf(await findOurs(docker.engine), other)).toEqual(ALL)
})
