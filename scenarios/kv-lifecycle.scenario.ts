import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  write: 'a credential is written as version 1',
  read: 'what is read is what was written',
  cas: 'a second write that expects no version is refused',
  update: 'an update becomes version 2',
  deleted: 'a soft-deleted credential reads as none',
  undeleted: 'it can be undeleted',
  absent: 'a path that never was reads as none',
  noToken: 'a request without a token is refused',
  badToken: 'a request with an invalid token is refused',
  health: 'the health answer says initialised and unsealed',
}

export const kvLifecycle = scenario(
  'A tenant credential is written, read, deleted and brought back',
  {
    id: 'DP4',
    source: 'HLD:893-986',
    hypothesis: 'The client tests of the design hold on a real cluster, through the balancer.',
    suites: ['smoke', 'nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [
      checks({ id: 'lifecycle', all: Object.values(FACTS), source: 'HLD:965-981' }),
    ],
    deadline: minutes(2),
  },
  async ({ cluster, check }) => {
    const secrets = cluster.secrets()
    const path = 'tenants/test-tenant/exchanges/binance'
    const credential = { api_key: 'test-key', secret: 'test-secret' }
    const fresh = `${path}-${cluster.freshName()}`
    await check(FACTS.write, { status: 200, version: 1 }, async () => {
      const { status, version } = await secrets.write(fresh, credential, 0)
      return { status, version }
    })
    await check(FACTS.read, credential, async () => (await secrets.read(fresh)).data)
    await check(FACTS.cas, 400, async () => (await secrets.write(fresh, credential, 0)).status)
    await check(FACTS.update, 2, async () => {
      return (await secrets.write(fresh, { ...credential, secret: 'rotated' }, 1)).version
    })
    await check(FACTS.deleted, 404, async () => {
      await secrets.softDelete(fresh)
      return (await secrets.read(fresh)).status
    })
    await check(FACTS.undeleted, 'rotated', async () => {
      await secrets.undelete(fresh, [2])
      return ((await secrets.read(fresh)).data as { secret?: string } | undefined)?.secret
    })
    await check(FACTS.absent, 404, async () => (await secrets.read(`${fresh}-never`)).status)
    await check(FACTS.noToken, 403, async () => (await secrets.as('').read(fresh)).status)
    await check(FACTS.badToken, 403, async () => (await secrets.as('invalid').read(fresh)).status)
    await check(FACTS.health, 200, async () => (await secrets.call('GET', 'sys/health')).status)
  },
)
