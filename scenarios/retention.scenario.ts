import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  before: 'without pruning every backup of 400 days is there, the first of one month hidden',
  after: 'one backup later it is what the documents promise, every version of the rest gone',
}

export const retention = scenario(
  'A daily job has run for 400 days',
  {
    id: 'BK7',
    source: 'RB:81, 137; HLD:860-862',
    hypothesis: '90 daily and 12 monthly backups, 7 local copies, and no manual one is deleted.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken', // its bucket is full of what nobody made
    cluster: { aws: 'own' },
    objectives: () => [
      checks({ id: 'retention', all: Object.values(FACTS), source: 'RB:81; HLD:860-862' }),
    ],
    deadline: minutes(3),
  },
  async ({ check, cluster, inspect, perform }) => {
    const access = await cluster.backupAccess()
    const backups = inspect.backups(access)
    // Whoever had this cluster before has left backups of today.
    const others = await backups.keys()
    await backups.plant(399)
    await check(FACTS.before, 399, async () => (await backups.keys()).length - others.length)
    await perform(backup, { access, kind: 'daily' })
    const manual = others.filter((key) => key.startsWith('manual/')).length
    const bucket = { daysOfTheLast90: 90, months: 12, beside: 0, doubtful: 0, manual: 1 + manual }
    const promised = { ...bucket, local: 7 }
    await check(FACTS.after, promised, () => backups.retained())
  },
)
