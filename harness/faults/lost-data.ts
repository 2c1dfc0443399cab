import type { Cluster } from '../cluster/cluster.ts'
import { RequestFailed } from '../lib/http.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import type { FaultKind, FaultPlan } from './fault.ts'

/** What the faults have in common that a privileged client brings about by the API. All are final. */
export type LostKind<Plan extends FaultPlan> = Pick<
  FaultKind<Plan>,
  'name' | 'does' | 'witnessed' | 'cannotShow' | 'source' | 'targets'
> & {
  /** Adds what there is to lose. @throws {CannotPlan} when it is not there. */
  readonly find: (leader: VaultClient, aimed: FaultPlan) => Promise<Plan>
  readonly lose: (leader: VaultClient, plan: Plan) => Promise<void>
  /** Whether it is gone as this node has it. */
  readonly isGone: (node: VaultClient, plan: Plan) => Promise<Look<string>>
}

export function lost<Plan extends FaultPlan>({
  find,
  lose,
  isGone,
  ...told
}: LostKind<Plan>): FaultKind<Plan> {
  return {
    ...told,
    family: 'data',
    final: true,
    parameters: {},
    needs: [],
    async plan(cluster, { target }) {
      const touches = cluster.nodes.map(({ vault }) => vault.id)
      return find(await leaderOf(cluster), { target, touches })
    },
    async inject(cluster, plan, { clock }) {
      const leader = await leaderOf(cluster)
      const issued = clock.now()
      await lose(leader, plan)
      return { issued, proven: clock.now() }
    },
    witness: (cluster, plan) => everyNode(cluster, (node) => isGone(node, plan)),
    heal: async () => {},
    residue: async () => [],
  }
}

const leaderOf = async (cluster: Cluster): Promise<VaultClient> =>
  cluster.onNode(await cluster.leader())

/** All nodes that answer must have seen it happen, and one must answer. */
async function everyNode(
  cluster: Cluster,
  look: (node: VaultClient) => Promise<Look<string>>,
): Promise<Look<string>> {
  const seen = await Promise.all(
    cluster.nodes.map(async (node) => ({
      name: node.name,
      look: await look(cluster.onNode(node)).catch((error) => {
        // Not there, or sealed: what it has it cannot tell.
        const isMute = error instanceof VaultError && error.status === 503
        if (error instanceof RequestFailed || isMute) return undefined
        throw error
      }),
    })),
  )
  const answered = seen.filter(({ look }) => look !== undefined)
  const told = seen.map(
    ({ name, look }) => `${name}: ${look === undefined ? 'silent' : wordsOf(look)}`,
  )
  return answered.length > 0 && answered.every(({ look }) => look?.happened === true)
    ? happened(told.join(', '))
    : notYet(told.join(', '))
}

const wordsOf = (look: Look<string>): string => (look.happened ? look.value : look.seen)
