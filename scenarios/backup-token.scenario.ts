import { revokedToken } from '../harness/faults/access.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  refused: 'the backup is refused before anything is done, and says why',
  nothing: 'no file is kept and nothing is stored',
  silent: 'the job does not say that it succeeded',
  good: 'with its own token the job can do its work',
  least: 'that token can read no secret and change nothing',
}

type Verbs = Parameters<ScenarioBody>[0]

const WANTED = 'wanted: a token that may read sys/storage/raft/snapshot'

export const backupToken = scenario(
  'The backup job has a token that is no good',
  {
    id: 'BK9',
    source: 'RB:103',
    hypothesis: 'The job stops at its first step; with a token of the least rights it works.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [checks({ id: 'token', all: Object.values(FACTS), source: 'RB:103' })],
    deadline: minutes(3),
  },
  {
    'too-weak': withToken('deny', ({ cluster }) => cluster.backupAccess({ rights: 'health only' })),
    expired: withToken('403', async ({ cluster, dwell }) => {
      const access = await cluster.backupAccess({ ttl: '2s' })
      await dwell('the life of the token', seconds(3))
      return access
    }),
    revoked: withToken('403', async ({ cluster, inject }) => {
      const access = await cluster.backupAccess()
      await inject(revokedToken(access.accessor))
      return access
    }),
  },
)

function withToken(
  says: string,
  badAccess: (verbs: Verbs) => ReturnType<Verbs['cluster']['backupAccess']>,
): ScenarioBody {
  return async (verbs) => {
    const { check, cluster, inspect, perform } = verbs
    const bad = await badAccess(verbs)
    const backups = inspect.backups(bad)

    // Symptom
    await check(FACTS.refused, true, async () => {
      const said = await perform(backup, { access: bad, kind: 'daily' }).then(() => 'done', String)
      return (said.includes(WANTED) && said.includes(says)) || said
    })
    await check(FACTS.nothing, [[], []], async () => [
      await backups.local(),
      await backups.stored(),
    ])
    await check(FACTS.silent, 'never', () => backups.success())

    // Procedure
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })

    // Verification
    await check(FACTS.good, 1, async () => (await inspect.backups(access).stored()).length)
    const own = cluster.secrets().as(access.token.reveal())
    await check(FACTS.least, [403, 403, 403, 403, 403], async () => {
      const answers = [
        await own.write('tenants/x', {}),
        await own.read('tenants/x'),
        await own.list('tenants'),
        await own.call('GET', 'sys/policies/acl/root'),
        await own.call('POST', 'sys/storage/raft/snapshot', {}),
      ]
      return answers.map(({ status }) => status)
    })
  }
}
