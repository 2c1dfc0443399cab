import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { slo } from '../harness/objectives/slo.ts'
import { steady } from '../harness/probes/traffic.ts'
import { scenario } from '../harness/scenario.ts'

export const loadSlo = scenario(
  'The load test of the design runs against a healthy cluster',
  {
    id: 'LD1',
    source: 'HLD:988-1073',
    hypothesis: 'The arrivals of 100 users are served with a p99 below 50 ms, errors below 0.1 %.',
    suites: ['smoke', 'nightly', 'drill'],
    load: 'none',
    traffic: ({ load }) => [steady({ lasts: load })],
    lengths: (suite) => ({ load: suite === 'smoke' ? seconds(30) : minutes(5) }),
    leaves: 'healthy',
    objectives: () => [
      slo({ op: 'all', p99: milliseconds(50), phases: ['steady'], source: 'HLD:1071' }),
      slo({ op: 'all', errors: 0.001, phases: ['steady'], source: 'HLD:1072' }),
    ],
    deadline: minutes(7),
  },
  async ({ cluster, loaded, until }) => {
    await loaded()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  },
)
