import type { Cluster } from '../cluster/cluster.ts'
import type { Procedure } from './procedure.ts'

/** The balancer's process ended; its configuration is as it was. */
export const restartBalancer: Procedure<{ cluster: Pick<Cluster, 'balancer'> }> = {
  name: 'restart-balancer',
  runbook: 'docs/runbook/restart-balancer.md',
  async perform(operator, { cluster }, step) {
    await step('Start the balancer', () => cluster.balancer.start())
    await step('See the leader answer through it', () => operator.seesLeaderThroughBalancer())
  },
}
