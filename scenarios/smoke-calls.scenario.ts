import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

const CALLS = [
  'health',
  'seal status',
  'leader',
  'own token',
  'credential read',
  'canary write',
  'canary read-back',
  'list of tenants',
  'AppRole login',
  'Raft configuration',
] as const

export const smokeCalls = scenario(
  'Ten calls through the balancer show that the service works',
  {
    id: 'PR3',
    source: 'RB:477-480, 662',
    hypothesis: 'Credential retrieval and administration answer after a recovery.',
    suites: ['smoke', 'nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [checks({ id: 'ten-calls', all: CALLS, source: 'RB:662' })],
    deadline: minutes(2),
  },
  async ({ cluster, check }) => {
    const secrets = cluster.secrets()
    const status = (method: 'GET' | 'LIST', path: string) => async () =>
      (await secrets.call(method, path)).status
    const canary = `smoke/${cluster.freshName()}`
    await secrets.write('tenants/smoke/exchanges/binance', { api_key: 'k', secret: 's' })
    const tenant = await cluster.tenant('smoke')

    await check('health', 200, status('GET', 'sys/health'))
    await check('seal status', 200, status('GET', 'sys/seal-status'))
    await check('leader', 200, status('GET', 'sys/leader'))
    await check('own token', 200, status('GET', 'auth/token/lookup-self'))
    await check('credential read', { api_key: 'k', secret: 's' }, async () => {
      return (await secrets.read('tenants/smoke/exchanges/binance')).data
    })
    await check('canary write', 1, async () => (await secrets.write(canary, { at: 1 }, 0)).version)
    await check('canary read-back', { at: 1 }, async () => (await secrets.read(canary)).data)
    await check('list of tenants', 200, status('LIST', 'secret/metadata/tenants'))
    await check('AppRole login', 200, () => tenant.logIn())
    await check('Raft configuration', 200, status('GET', 'sys/storage/raft/configuration'))
  },
)
