import { killed } from '../harness/faults/process.ts'
import { narrowed } from '../harness/faults/toxics.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { backup } from '../harness/procedures/backup.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  standby: 'a standby gives what it is known to give',
  whole: 'the backup is whole and verified in spite of the leader that died',
  one: 'the part of the first leader is kept nowhere',
}

export const backupViaStandby = scenario(
  'The leader dies while it sends a snapshot',
  {
    id: 'BK6',
    source: 'RB:90, 102; HLD:848',
    hypothesis: 'The backup is taken anew from the next leader, and no short file is left.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      rto({ within: seconds(multiplier === 1 ? 5 : 30), source: 'HLD:876' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      checks({ id: 'backup', all: Object.values(FACTS), source: 'RB:90, 102' }),
    ],
    mustObserve: ['leader-changed'],
    deadline: minutes(3),
  },
  async ({ check, cluster, heal, inject, inspect, perform, until }) => {
    const access = await cluster.backupAccess()
    const backups = inspect.backups(access)
    const leader = await cluster.leader()
    const [standby] = await cluster.standbys()
    // Its own, maybe older, state, or a redirect: nobody should ask it for a backup.
    const gives = cluster.facts.standbyReads === 'local' ? 'complete' : 'redirect'
    await check(FACTS.standby, gives, async () => {
      const given = await inspect.snapshot(standby)
      return given.includes('answered 307 with a redirect') ? 'redirect' : given
    })

    // Symptom
    const slow = narrowed('operator->leader', 20)
    await inject(slow)
    const job = perform(backup, { access, kind: 'daily' })
    job.catch(() => {}) // met below
    await until('the snapshot is on its way', async () =>
      (await backups.local()).some((file) => file.includes('.partial')),
    )
    await inject(killed(leader))

    // Procedure
    await job
    await heal(slow)
    await perform(rejoinNode, { node: leader, custody: cluster.custody })

    // Verification
    await check(FACTS.whole, [true], async () =>
      (await backups.stored()).map(({ verified }) => verified),
    )
    await check(FACTS.one, 1, async () => (await backups.local()).length)
  },
)
