import { findings } from '../harness/documents/block.ts'
import { manualUnseal, manualUnsealOfOthers, triage } from '../harness/documents/seal-blocks.ts'
import { keyDisabled } from '../harness/faults/kms-keys.ts'
import { stopped } from '../harness/faults/process.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { restoreKey } from '../harness/procedures/restore-key.ts'
import { scenario } from '../harness/scenario.ts'

export const triageAsWritten = scenario(
  "A node that its KMS does not unseal is looked after by the runbook's commands",
  {
    id: 'SL13',
    source: 'RB:334-407; HLD:885-889',
    hypothesis: 'The commands name a key that is not there, and recovery keys open nothing.',
    suites: ['documents'],
    load: 'none',
    leaves: 'healthy',
    cluster: { operator: 'shell' },
    objectives: () => [
      checks({
        id: 'on-record',
        all: findings(triage, manualUnseal, manualUnsealOfOthers),
        source: 'RB:336-406',
      }),
    ],
    deadline: minutes(4),
  },
  async ({ cluster, inject, inspect, perform, type, until }) => {
    const [standby] = await cluster.standbys()
    if (standby === undefined) throw new RangeError('there is no standby')

    // Symptom
    await inject(keyDisabled())
    await inject(stopped(standby))
    await standby.start()
    await until('it answers', async () => (await inspect.connectionTo(standby)) === 'open')

    // Procedure, as written
    await type(triage, standby)
    await type(manualUnseal, standby)

    // The rest of the symptom: no node is open any more
    const others = cluster.nodes.filter((node) => node !== standby)
    await inject(...others.map((node) => stopped(node)))
    await Promise.all(others.map((node) => node.start()))
    await until('all of them answer', async () => {
      const seen = await Promise.all(others.map((node) => inspect.connectionTo(node)))
      return seen.every((connection) => connection === 'open')
    })
    await type(manualUnsealOfOthers)

    // What helps
    await perform(restoreKey, {
      node: standby,
      custody: cluster.custody,
      admin: cluster.team.kmsAdmin,
    })
  },
)
