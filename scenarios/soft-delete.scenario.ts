import { deletedSecret } from '../harness/faults/secrets.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { undeleteSecret } from '../harness/procedures/undelete-secret.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = { back: 'the secret is there again, whole' }

export const softDelete = scenario(
  'A secret is deleted by mistake, and undeleted',
  {
    id: 'DL1',
    source: 'RB:516-519',
    hypothesis: 'It comes back without a restore, and no client notices.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'broken',
    objectives: () => [
      noOutage({ source: 'RB:516-519' }),
      rpo({ lostWrites: 0, source: 'RB:516-519' }),
      checks({ id: 'undeleted', all: Object.values(FACTS), source: 'RB:516-519' }),
    ],
    deadline: minutes(2),
  },
  async ({ check, cluster, inject, perform }) => {
    const path = `tenants/undelete-${cluster.freshName()}/exchanges/binance/trading`
    const data = { api_key: 'a key', secret: 'its secret' }
    await cluster.secrets().write(path, data)

    // Symptom
    await inject(deletedSecret(path))

    // Procedure
    await perform(undeleteSecret, { path, custody: cluster.custody })

    // Verification
    await check(FACTS.back, data, async () => (await cluster.secrets().read(path)).data)
  },
)
