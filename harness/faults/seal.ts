import { milliseconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { askTool, type ToolboxSpec } from '../stack/toolbox.ts'
import { RESIDUE_WITHIN } from './bring-about.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { oneNode, type Target, targetText } from './target.ts'

export type SealPlan = FaultPlan & {
  readonly container: string
  readonly termBefore: number
  /** A shell beside the node, and where its API listens there. */
  readonly box: ToolboxSpec
  readonly api: string
}

/**
 * Standbys are not sealed: Vault's refuse, and OpenBao's would be one node less and no more than
 * that, which killing a standby shows as well.
 */
const NODE_SEALED: FaultKind<SealPlan> = {
  name: 'node-sealed',
  family: 'kms',
  does: 'the leader is sealed by `sys/seal`: it forgets its root key and stays up',
  witnessed: 'its own seal status says sealed, and another node leads in a later term',
  cannotShow: 'a seal that comes from a lost KMS: a running node never seals for that',
  source: 'RB:337-351, 562',
  final: false,
  targets: ['leader'],
  parameters: {},
  needs: [],
  async plan(cluster, { target }, seed) {
    const node = await oneNode(cluster, target, seed)
    const leader = await cluster.leader()
    if (node !== leader) throw new CannotPlan(`${node.name} does not lead, ${leader.name} does`)
    const scheme = cluster.authority === undefined ? 'http' : 'https'
    return {
      target: node.name,
      touches: [node.vault.id],
      container: node.vault.id,
      termBefore: await cluster.term(),
      box: cluster.toolbox(node.name),
      api: `${scheme}://${cluster.pod(node.name).plan.ip}:8200`,
    }
  },
  async inject(cluster, { target }, { clock }) {
    const issued = clock.now()
    await cluster.seal(cluster.node(target))
    return { issued, proven: clock.now() }
  },
  async witness(cluster, plan) {
    const sealed = await sealedIn(cluster.docker, plan)
    if (sealed !== 'true') return notYet(`sealed of ${plan.target} is ${sealed}`)
    const other = await cluster.leaderOtherThan(cluster.node(plan.target))
    if (other === undefined) return notYet(`${plan.target} is sealed; no other node leads yet`)
    const term = await cluster.term()
    const text = `${plan.target} is sealed; ${other.name} leads in term ${term}`
    return term > plan.termBefore
      ? happened(`${text}, before ${plan.termBefore}`)
      : notYet(`${text}, not after ${plan.termBefore}`)
  },
  /** Under an auto seal the loop that unseals has ended; a new process begins it anew. */
  async heal(docker, plan) {
    if ((await sealedIn(docker, plan)) === 'false') return
    await new Container(docker.engine, plan.container, plan.target).restart()
  },
  async residue(docker, plan) {
    const look = async () => {
      const sealed = await sealedIn(docker, plan)
      return sealed === 'false' ? happened([]) : notYet(`sealed of ${plan.target} is ${sealed}`)
    }
    const options = { within: RESIDUE_WITHIN, every: milliseconds(100) }
    return until<readonly string[]>(`${plan.target} is unsealed`, look, options).catch((error) => [
      String(error),
    ])
  },
}

export const SEAL_FAULTS: readonly FaultKind[] = [NODE_SEALED]

/** The leader is sealed by API: its process lives, answers 503, and needs a restart. */
export const nodeSealed = (leader: Target = 'leader'): Fault<SealPlan> =>
  aimed(NODE_SEALED, targetText(leader))

/** `true`, `false`, or why nobody knows; asked beside the node, so the plan is all that it takes. */
async function sealedIn({ engine }: Docker, { box, api }: SealPlan): Promise<string> {
  const script = `python3 - <<'END'
import json, ssl, urllib.request
try:
    # Who answers at this address in the node's own namespace is the node.
    trusting = ssl._create_unverified_context()
    answer = urllib.request.urlopen("${api}/v1/sys/seal-status", timeout=2, context=trusting)
    print(str(json.load(answer).get("sealed", False)).lower())
except Exception as error:
    print(error)
END`
  const { output } = await askTool(engine, box, script)
  return output.trim()
}
