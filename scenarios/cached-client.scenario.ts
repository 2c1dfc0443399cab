import { powerCut } from '../harness/faults/power.ts'
import { killed } from '../harness/faults/process.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { formatDuration, hours, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { backup } from '../harness/procedures/backup.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { startAllNodes } from '../harness/procedures/start-all-nodes.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const LOSS = {
  bridged: 'no read fails whose entry had time left',
  implied: 'the cache answers the share of reads that its time to live implies',
}
const FACTS = {
  'leader-loss': LOSS,
  'total-loss': LOSS,
  rotation: {
    stale: 'what another application replaced is served for the time to live at most, and as long',
    gone: 'what another application deleted is served for the time to live at most, and as long',
  },
  coherence: {
    written: 'what the application wrote itself is new at its next read',
    removed: 'what it deleted itself is gone at its next read',
    raced: 'a read that is under way during a write does not bring the old value back',
    apart: 'one tenant is never served the credential of another',
    shared: 'a hundred readers that miss at once are one read in the audit of Vault',
    full: 'of 1,001 entries the one goes that was not read for longest',
  },
  mix: {
    fast: 'hits take less than 1 ms (P50), 2 ms (P99) and 5 ms (P999)',
    ratio: 'as many reads find an entry as the rates and the time to live imply',
  },
  restore: {
    phantom: 'an application that was not restarted serves what is newer than the cut',
    ended: 'when the time to live is over it serves nothing newer than the cut',
    flushed: 'nor does an application that was restarted after the restore',
    again: 'the version number in its keys is given to another value after the restore',
  },
}

export const cachedClient = scenario(
  'An application with the documented cache, while Vault is lost, rotated and restored',
  {
    id: 'CL4',
    source: 'HLD:748, 753-764; RB:620',
    hypothesis:
      'The cache bridges a loss as far as its time to live allows, and is never older than that.',
    suites: (variant) => (variant === 'rotation' ? ['nightly', 'drill'] : ['nightly']),
    load: 'steady',
    leaves: 'healthy',
    objectives: (_multiplier, variant) => [
      checks({
        id: 'cache',
        all: Object.values(FACTS[(variant ?? 'mix') as keyof typeof FACTS]),
        source: 'HLD:748, 753-764',
      }),
      variant === 'restore'
        ? rpo({ within: hours(1), source: 'RB:31' })
        : rpo({ lostWrites: 0, source: 'HLD:871, 877' }),
    ],
    mustObserve: (variant) => {
      if (variant === 'leader-loss') return ['leader-changed', 'write-refused-or-unknown']
      if (variant === 'total-loss') return ['bad-probe', 'write-refused-or-unknown']
      return variant === 'restore' ? ['bad-probe', 'write-lost-by-restore'] : ['write-acknowledged']
    },
    // Five minutes as documented would make every nightly run wait as long: 20 s stand for them.
    lengths: (suite) => ({ ttl: suite === 'drill' ? minutes(5) : seconds(20) }),
    deadline: minutes(6),
  },
  {
    'leader-loss': losing(async ({ cluster, inject, perform, until }) => {
      const leader = await cluster.leader()
      await inject(killed(leader))
      await until('another node leads', () => cluster.isLedByOtherThan(leader))
      await perform(rejoinNode, { node: leader, custody: cluster.custody })
    }),
    'total-loss': losing(async ({ cluster, dwell, inject, perform, until }) => {
      await inject(powerCut('all'))
      await dwell('Vault is gone', seconds(60))
      await perform(startAllNodes, { nodes: cluster.nodes, custody: cluster.custody })
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    }),

    rotation: async ({ check, dwell, inspect, length, note }) => {
      const ttl = length('ttl')
      const client = await inspect.cachedClient({
        credentials: 2,
        caches: { app: { ttlMs: ttl.ms } },
      })
      let [rotated, withdrawn] = [0, 0]
      const talk = await client.during([{ lane: 'app', cache: 'app', readsPerS: 40 }], async () => {
        await client.flush('app')
        await client.read('app', 0, 1)
        rotated = await client.rotate(0, 1)
        withdrawn = await client.withdraw(1)
        await dwell('the entries end', seconds(ttl.ms / 1000 + 3))
      })
      const stale = talk.stale('app', { path: 0, n: 1, since: rotated })
      const gone = talk.stale('app', { path: 1, since: withdrawn })
      await check(FACTS.rotation.stale, 'as long', async () => inspect.staleness(stale, ttl))
      await check(FACTS.rotation.gone, 'as long', async () => inspect.staleness(gone, ttl))
      note(
        `with a time to live of ${formatDuration(ttl)} the old credential was served for ${stale} ms, the deleted one for ${gone} ms`,
      )
    },

    coherence: async ({ check, inspect, note }) => {
      const facts = FACTS.coherence
      const client = await inspect.cachedClient({ credentials: 1050, caches: { app: {} } })
      const last = 1049
      const before = await inspect.auditedReads(client.paths[last] ?? '')
      await client.read('app', ...Array.from({ length: 100 }, () => last))
      await check(facts.shared, 1, async () => {
        return (await inspect.auditedReads(client.paths[last] ?? '')) - before
      })

      const said = async (...paths: readonly number[]) => {
        return (await client.read('app', ...paths)).map(
          ({ from, n }) => `${n ?? 'nothing'} ${from}`,
        )
      }
      await client.write('app', 0, 10)
      await client.write('app', 1, 11)
      await check(facts.apart, ['10 store', '11 store', '10 cache', '11 cache'], async () => [
        ...(await said(0, 1)),
        ...(await said(0, 1)),
      ])
      await client.write('app', 0, 20)
      await check(facts.written, ['20 store', '20 cache'], async () => [
        ...(await said(0)),
        ...(await said(0)),
      ])
      await client.remove('app', 0)
      await check(facts.removed, ['nothing store'], () => said(0))
      const race = await client.race('app', { path: 2, rounds: 200 })
      await check(facts.raced, 0, async () => race.old)
      note(`of 200 reads beside a write ${race.missed} were answered by Vault`)

      await client.flush('app')
      for (let path = 10; path < 1010; path++) await client.read('app', path)
      await client.read('app', 10)
      await client.read('app', 1010)
      await check(facts.full, [1000, '0 cache', '0 store'], async () => [
        await client.entries('app'),
        ...(await said(10, 11)),
      ])
      const found = (await client.warm('app', seconds(0))).filter(({ from }) => from === 'cache')
      const again = (await client.warm('app', seconds(0))).filter(({ from }) => from === 'cache')
      note(
        `1,050 credentials read in turn: ${found.length} found an entry the first time, ${again.length} the second`,
      )
    },

    mix: async ({ check, dwell, inspect, note }) => {
      const client = await inspect.cachedClient({ credentials: 100, caches: { app: {}, hot: {} } })
      for (const cache of ['app', 'hot']) await client.warm(cache)
      const lanes = [
        { lane: 'app', cache: 'app', readsPerS: 165, writesPerS: 16.5 },
        { lane: 'hot', cache: 'hot', readsPerS: 400 },
      ]
      const talk = await client.during(lanes, () => dwell('the application is busy', seconds(45)))
      const [hits, ratio] = [inspect.hits(talk, 'hot'), inspect.hitRatio(talk, 'app')]
      await check(FACTS.mix.fast, 'within', async () => hits.word)
      await check(FACTS.mix.ratio, 'as implied', async () => ratio.word)
      note(hits.inWords)
      note(ratio.inWords)
    },

    restore: async ({ check, cluster, inject, inspect, perform, until }) => {
      const facts = FACTS.restore
      const ttlMs = seconds(10).ms // the restore takes longer
      const caches = { documented: {}, short: { ttlMs } }
      const client = await inspect.cachedClient({ credentials: 1, caches })
      const access = await cluster.backupAccess()
      await perform(backup, { access, kind: 'daily' })
      await client.rotate(0, 1)
      const version = await client.version(0)
      for (const cache of Object.keys(caches)) await client.read(cache, 0)
      const said = async (cache: string) => {
        return (await client.read(cache, 0)).map(({ from, n }) => `${n ?? 'nothing'} ${from}`)
      }

      // Symptom
      await inject(...cluster.nodes.map((node) => hostDestroyed(node)))

      // Procedure
      const { nodes, custody } = cluster
      await perform(restoreCluster, { nodes, custody, bucket: access.bucket })

      // Verification
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
      await check(facts.phantom, ['1 cache'], () => said('documented'))
      await check(facts.ended, ['0 store'], () => said('short'))
      await client.rotate(0, 2)
      await check(facts.again, version, () => client.version(0))
      await client.flush('documented')
      await check(facts.flushed, ['2 store'], () => said('documented'))
    },
  },
)

function losing(lose: (verbs: Verbs) => Promise<unknown>): ScenarioBody {
  return async (verbs) => {
    const { check, dwell, inspect, note } = verbs
    const client = await inspect.cachedClient({
      credentials: 100,
      caches: { reads: {}, mix: {}, forgetful: { forgets: 'any-attempt' } },
    })
    for (const cache of ['reads', 'mix', 'forgetful']) await client.warm(cache)
    const lanes = [
      { lane: 'reads', cache: 'reads', readsPerS: 100 },
      { lane: 'mix', cache: 'mix', readsPerS: 100, writesPerS: 10 },
      { lane: 'forgetful', cache: 'forgetful', readsPerS: 100, writesPerS: 10 },
      { lane: 'uncached', readsPerS: 20 },
    ]
    const talk = await client.during(lanes, async () => {
      await dwell('the caches are in use', seconds(10))
      await lose(verbs)
    })
    await check(LOSS.bridged, [], async () => [
      ...talk.unbridged('reads'),
      ...talk.unbridged('mix'),
    ])
    const bridging = inspect.bridging(talk, 'reads', 'uncached')
    await check(LOSS.implied, 'as implied', async () => bridging.word)
    note(bridging.inWords)
  }
}
