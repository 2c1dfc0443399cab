import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { Kms, newKey } from '../aws/kms.ts'
import { S3 } from '../aws/s3.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { Inspection } from '../cluster/inspection.ts'
import type { ClusterNeeds } from '../cluster/needs.ts'
import { DrillFolder, type Entry } from '../drill-folder.ts'
import { run } from '../lib/command.ts'
import { minutes, seconds } from '../lib/duration.ts'
import { until } from '../lib/until.ts'
import { onStage } from '../made-stage.ts'
import { whyNot } from '../stack/abilities.ts'
import { archiveOf } from '../stack/archive.ts'
import { connectDocker } from '../stack/docker.ts'
import { type InForce, inForce, undoAll } from '../undoing.ts'
import { healFault } from './bring-about.ts'
import { FAULTS, kindNamed } from './catalogue.ts'
import type { FaultKind } from './fault.ts'
import { context, isOver } from './made-proof.ts'
import type { UndoNote } from './undo-book.ts'

/**
 * Whoever injects a fault may be killed at any moment. Here it is `./drill inject` as people run
 * it, in a process of its own, and it gets SIGKILL: somewhere between its plan and its end, or
 * once the fault is in force. All that is left then is the plan on disk, and that must do.
 */

const CLI = join(import.meta.dirname, '..', 'cli.ts')

/** One of each mechanism, for CI, in turn at one moment and at the other. */
const ONE_OF_EACH = [
  ...['kill', 'freeze', 'out-of-memory', 'host-lost', 'link-refused', 'link-latency'],
  ...['link-flapping', 'isolated', 'packet-loss', 'rate-limit', 'kms-restarted', 'kms-throttled'],
  ...['key-disabled', 'node-sealed', 'disk-slow', 'audit-blocked', 'balancer-no-check'],
  ...['name-gone', 'balancer-kill', 'certificate-expired', 'object-hidden', 'object-flipped'],
]

/** What it is aimed at and how, where that is not what it is without being told. */
const GIVEN: Readonly<Record<string, readonly string[]>> = {
  'leader-flapping': ['leader', '--set', 'everyMs=2000'],
  'link-flapping': ['vault-1->*', '--set', 'periodMs=1000'],
  'object-key-disabled': ['encrypted.snap'],
  'object-member-missing': ['archive.snap'],
  'object-older': ['daily/20260302.snap'],
}

/** Their witnesses tell of something that has happened, and do so ever after. */
const TOLD_EVER_AFTER = ['restart', 'step-down', 'leader-flapping']

/** They are over when they are done; there is nothing to heal. */
const MOMENTARY = ['restart', 'step-down']

/** A volume without room is noticed by whoever writes to it. */
const FILLED = ['data-full', 'audit-full']
const ON_SMALL_VOLUMES = [...FILLED, 'data-read-only', 'audit-gone']

/** When its harness gets SIGKILL: so long after it has said so, at the most. */
const MOMENTS = [
  { when: 'while it is injected', said: 'planned', withinMs: 1000 },
  { when: 'once it is in force', said: 'injected', withinMs: 0 },
] as const
type Row = (typeof MOMENTS)[number] & { readonly name: string; readonly kind: FaultKind }

const rows: readonly Row[] = FAULTS.filter(({ final }) => !final).flatMap((kind) => {
  const { name } = kind
  if (inject('everyFault')) return MOMENTS.map((moment) => ({ name, kind, ...moment }))
  const at = ONE_OF_EACH.indexOf(name)
  return MOMENTS.filter((_, i) => at >= 0 && i === at % 2).map((moment) => ({
    name,
    kind,
    ...moment,
  }))
})
const isOnSmallVolume = ({ name }: Row): boolean => ON_SMALL_VOLUMES.includes(name)

describe('with an emulator of its own and an audit pipe', () => {
  killed(
    { aws: 'own', audit: 'piped-two' },
    rows.filter((row) => !isOnSmallVolume(row)),
  )
})

// Their mechanisms are tested where such a stack is up anyway.
describe.runIf(inject('everyFault'))('with small volumes', () => {
  killed({ dataMiB: 256, audit: 'small' }, rows.filter(isOnSmallVolume))
})

function killed(needs: ClusterNeeds, own: readonly Row[]): void {
  const on = onStage('killed-harness', needs)
  const folder = new DrillFolder()
  const healed: UndoNote[] = []
  let entry: Entry

  beforeAll(async () => {
    const { cluster } = on()
    entry = folder.enter({ run: cluster.run, kind: 'stack', what: 'a stack of a test' })
    folder.saveCluster(await cluster.save())
  })
  afterAll(() => {
    if (entry !== undefined) folder.remove(entry.run)
  })

  test.for(own)(
    '$name, whose harness is killed $when, is healed from its plan',
    async (row, { skip }) => {
      const { name, kind, said, withinMs } = row
      const { cluster } = on()
      const why = whyNot(kind.needs, await cluster.abilities())
      if (why !== undefined) skip(why)
      onTestFinished(giveUp)
      if (kind.family === 'objects') await putObjects(cluster)
      const args = ['inject', name, ...(GIVEN[name] ?? []), '--stack', entry.run, '--for', '1h']
      const delayMs = context.seed.fraction(`${name} is killed`) * withinMs
      const proof = async () => {
        await killAfter(args, said, delayMs)
        if (said === 'injected') await isInForce(kind)
        return healFromPlan()
      }
      const { plan } = await (FILLED.includes(name) ? whileWriting(cluster, proof) : proof())
      await cluster.converge(context.signal)
      expect(await cluster.healthyVoters()).toBe(3)
      if (inject('everyFault')) await startsCleanly()
      if (TOLD_EVER_AFTER.includes(name)) return
      await isOver(cluster, { kind, aim: { target: '', given: {} } }, plan)
    },
  )

  // What a dead harness had begun in a container goes on, and may end after the healing.
  test('none of them has come back, and the next scenario may begin', async () => {
    for (const { fault, plan } of healed) {
      expect(await kindNamed(fault).residue(on().docker, plan), fault).toEqual([])
    }
    await startsCleanly()
  })

  /** It waits until no server is young, some seconds: too long to be asked each time in CI. */
  async function startsCleanly(): Promise<void> {
    const gate = await on().cluster.cleanStart(context.signal)
    expect(gate.held ? '' : gate.reason).toBe('')
  }

  /** Also: what a healing undoes is residue, or nobody would notice one that does nothing. */
  async function isInForce(kind: FaultKind): Promise<void> {
    const { cluster, docker } = on()
    const [{ note }] = inForce(folder, entry) as readonly [InForce]
    const witness = () => kind.witness(cluster, note.plan)
    await until(`a witness saw ${kind.name}`, witness, { within: seconds(60) })
    const left = await kind.residue(docker, note.plan)
    if (!MOMENTARY.includes(kind.name)) expect(left).not.toEqual([])
  }

  /** By another connection, as of another process; twice. */
  async function healFromPlan(): Promise<UndoNote> {
    const docker = await connectDocker({ dial: on().docker.facts.dial })
    const undone = await undoAll(docker, inForce(folder, entry))
    expect(undone.map(({ outcome, says }) => `${outcome}: ${says}`)).toEqual([
      expect.stringMatching(/^healed: /),
    ])
    expect(inForce(folder, entry)).toEqual([])
    const [note] = undone.map((each) => each.note) as [UndoNote]
    expect(await healFault(kindNamed(note.fault), docker, note.plan)).toEqual([])
    healed.push(note)
    return note
  }

  /** A fault that could not be healed fails its own test and not those after it. */
  async function giveUp(): Promise<void> {
    const left = inForce(folder, entry)
    await undoAll(on().docker, left)
    for (const { book, id } of left) book.done(id)
  }
}

/** Runs the command until it has said so, and that long. */
async function killAfter(args: readonly string[], said: string, delayMs: number): Promise<void> {
  const dying = new AbortController()
  const onLine = (line: string) => {
    if (line.startsWith(said)) void sleep(delayMs).then(() => dying.abort(new Error('killed')))
  }
  const running = run(process.execPath, [CLI, ...args], {
    within: minutes(2),
    signal: dying.signal,
    onLine,
  })
  await expect(running).rejects.toThrow('killed')
}

async function whileWriting<T>(cluster: Cluster, act: () => Promise<T>): Promise<T> {
  let made: T | undefined
  await new Inspection(cluster).writeLargeWhile(async () => {
    made = await act()
  })
  return made as T
}

/** Two of one folder, and one that is encrypted with a key of its own. */
async function putObjects({ aws: { address, bucket } }: Cluster): Promise<void> {
  const s3 = await S3.at(address)
  const kms = await Kms.at(address)
  const key = newKey('alias/backups')
  await kms.seed(key)
  const content = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251))
  const archive = archiveOf([{ path: 'SHA256SUMS.sealed', content: 'sums' }])
  await s3.put(bucket, 'archive.snap', gzipSync(await buffer(archive)))
  await s3.put(bucket, 'encrypted.snap', content, { kmsKey: key.id })
  await s3.put(bucket, 'daily/20260301.snap', content.subarray(1000))
  await s3.put(bucket, 'daily/20260302.snap', content)
  kms.close()
  s3.close()
}
