import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster } from '../cluster/cluster.ts'
import { NEWEST, objectPlace, sha256Of, withS3 } from '../faults/stored-object.ts'
import { KV_MOUNT } from '../vault/kv.ts'
import { saveSnapshot } from '../vault/snapshot.ts'
import { copyLive, putLiveCopy } from './live-copy.ts'
import { type Meddling, meddlingWith } from './meddling.ts'
import { moreWritesFlow } from './real-damage.ts'
import type { RealDefect } from './real-defects.ts'

/**
 * Backups that are none, and restores that do not restore: the cluster is lost with its disks and
 * comes back by the runbook, and somebody has tampered with what it comes back from. No step of
 * the operator's is left out, and none sees anything but the world.
 */

const SCENARIO = 'full-restore:token-kept'
/** Titles of the steps that somebody meddles with. */
export const STEPS = {
  saves: 'Save a snapshot of the leader',
  backedUp: 'Say that it succeeded',
  uploads: 'Restore the snapshot to it',
  inForce: 'Wait until the original token is known, and the throw-away one is not',
  /** Before it no client is let in, so what was restored is all there is. */
  opens: 'Put the nodes back into the balancer',
} as const

export const RESTORED: readonly RealDefect[] = [
  {
    id: 'M07',
    title: 'the backup ends well, and what it stored lacks its last tenth',
    // Its cluster lives on: of a lost one everything is waited for in vain, for minutes.
    scenario: 'weekly-verification:restored',
    detectors: ['step', 'checks'],
    sabotage: () => ({
      verbs: meddlingWith(
        storedInstead(async (content) => content.subarray(0, Math.floor(content.length * 0.9))),
      ),
    }),
  },
  {
    id: 'M08',
    title: "the backup stores yesterday's file under today's name",
    scenario: SCENARIO,
    detectors: ['cut', 'inconsistent-cut'],
    sabotage: () => {
      let yesterday: Buffer = Buffer.alloc(0)
      return {
        verbs: meddlingWith(
          {
            procedure: 'backup',
            before: STEPS.saves,
            act: async ({ cluster }) => {
              yesterday = await snapshotOf(cluster)
              await moreWritesFlow(3000)
            },
          },
          storedInstead(async () => yesterday),
        ),
      }
    },
  },
  {
    id: 'M09',
    title: 'what is restored lacks a tenant',
    way: 'a tenant is missing',
    scenario: SCENARIO,
    detectors: ['cut', 'A5', 'lost-write'],
    sabotage: () => ({
      verbs: meddlingWith({
        procedure: 'restore-cluster',
        before: STEPS.opens,
        act: async ({ cluster }) => {
          const [run = ''] = await namesIn(cluster, 'rpo')
          const [tenant = ''] = await namesIn(cluster, `rpo/${run}register`)
          const folder = `rpo/${run}register/${tenant}`
          await purge(cluster, folder, await namesIn(cluster, folder))
        },
      }),
    }),
  },
  {
    id: 'M09',
    title: 'what is restored has one folder of secrets as it was 3 s before the snapshot',
    way: 'a tenant is from an older snapshot',
    scenario: SCENARIO,
    detectors: ['cut', 'inconsistent-cut'],
    sabotage: () => {
      let older: readonly string[] = []
      let folder = ''
      return {
        verbs: meddlingWith(
          {
            procedure: 'backup',
            before: STEPS.saves,
            act: async ({ cluster }) => {
              const [run = ''] = await namesIn(cluster, 'rpo')
              folder = `rpo/${run}`
              older = await namesIn(cluster, folder)
              await moreWritesFlow(3000)
            },
          },
          {
            procedure: 'restore-cluster',
            before: STEPS.opens,
            act: async ({ cluster }) => {
              const all = await namesIn(cluster, folder)
              const since = all.filter((name) => !older.includes(name))
              await purge(cluster, folder, since)
            },
          },
        ),
      }
    },
  },
  {
    id: 'M10',
    title: 'a restore is answered, and what is there afterwards is what was there at the loss',
    way: 'nothing of the snapshot is restored',
    scenario: SCENARIO,
    detectors: ['cut', 'B', 'checks'],
    sabotage: () => {
      let atTheLoss: Buffer = Buffer.alloc(0)
      return {
        verbs: (verbs) => ({
          ...meddlingWith({
            procedure: 'restore-cluster',
            before: STEPS.uploads,
            act: async ({ operator }) => {
              await writeFile(operator.checks.fetched, atTheLoss)
            },
          })(verbs),
          inject: async (...faults) => {
            atTheLoss = await snapshotOf(verbs.cluster)
            return verbs.inject(...faults)
          },
        }),
      }
    },
  },
  {
    id: 'M11',
    title: "the backup is a copy of the leader's data files while it writes to them",
    scenario: SCENARIO,
    detectors: [
      'cut',
      'inconsistent-cut',
      'lost-write',
      'read-back-complete',
      'error',
      'step',
      'rto',
    ],
    sabotage: () => {
      let copy: Awaited<ReturnType<typeof copyLive>> | undefined
      return {
        verbs: meddlingWith(
          {
            procedure: 'backup',
            before: STEPS.saves,
            act: async ({ cluster }) => {
              copy = await copyLive(cluster, await cluster.leader())
            },
          },
          {
            procedure: 'restore-cluster',
            after: STEPS.inForce,
            act: async ({ cluster, operator }) => {
              const [first] = cluster.nodes
              if (copy === undefined || first === undefined) throw new Error('there is no copy')
              await putLiveCopy(cluster, first, copy)
              await operator.raft.writePeersFile(first)
            },
          },
        ),
      }
    },
  },
]

/** After the backup has ended well, its object is another one; by its metadata it is in order. */
function storedInstead(instead: (content: Buffer) => Promise<Buffer>): Meddling {
  return {
    procedure: 'backup',
    after: STEPS.backedUp,
    act: async ({ cluster }) => {
      const { aws, bucket, key } = await objectPlace(cluster, NEWEST)
      await withS3(aws, async (s3) => {
        const { metadata = {}, kmsKey } = (await s3.head(bucket, key)) ?? {}
        const content = await instead(await s3.get(bucket, key))
        await s3.put(bucket, key, content, {
          metadata: { ...metadata, sha256: sha256Of(content) },
          ...(kmsKey === undefined ? {} : { kmsKey }),
        })
      })
    },
  }
}

/** What the leader holds now, asked past everything. */
async function snapshotOf(cluster: Cluster): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'drill-planted-'))
  try {
    const { file } = await saveSnapshot(
      cluster.onNode(await cluster.leader()),
      join(folder, 'snapshot'),
    )
    return await readFile(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Asked of whoever leads: the balancer lets nobody in. */
async function namesIn(cluster: Cluster, folder: string): Promise<readonly string[]> {
  const client = cluster.onNode(await cluster.leader())
  const path = `${KV_MOUNT}/metadata/${folder.replace(/\/$/, '')}`
  const { body } = await client.request<{ data: { keys: readonly string[] } }>('LIST', path)
  return body.data.keys
}

async function purge(cluster: Cluster, folder: string, names: readonly string[]): Promise<void> {
  const secrets = names.filter((name) => !name.endsWith('/'))
  if (secrets.length === 0) throw new Error(`there is nothing to take away in ${folder}`)
  const client = cluster.onNode(await cluster.leader())
  const base = `${KV_MOUNT}/metadata/${folder.replace(/\/?$/, '/')}`
  for (const name of secrets) await client.request('DELETE', `${base}${name}`)
}
