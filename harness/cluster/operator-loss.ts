import { formatDuration, milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { describeHealth, healthIfAny } from '../vault/health.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { Refusal } from './refusal.ts'

type Place = Pick<
  OperatorPlace,
  'view' | 'anonymous' | 'machines' | 'nodes' | 'heartbeat' | 'signal'
>

/** Of a node's disk, as far as it can be told from here. */
type Disk = { readonly isThere: boolean; readonly sign: string; readonly answers: boolean }

export type LossOptions = {
  /**
   * Somebody has decided that what these disks hold is of no use, so they count as lost: all are
   * damaged, or the key that opens them is gone for good.
   */
  readonly disksAreBad?: boolean | undefined
}

/**
 * What was lost, looked at before anything is destroyed for its sake. Silence is no sign of a
 * loss: an election is silent, a stopped node is, and all are to whose own link is cut. A disk is
 * lost when its node says so, or when whoever provides the machines has none in its place.
 */
export class OperatorLoss {
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  /**
   * Nobody but these, which lead by our own doing.
   * @throws {Refusal} when one leads: what follows would destroy what it holds.
   */
  async seesNobodyLead(but: readonly Node[] = []): Promise<void> {
    const leading = await this.#leading(but)
    if (leading.length > 0) throw new Refusal('no node that leads', `${leading.join()} leads`)
  }

  /**
   * That the cluster is lost: nobody leads, and with the disks that are left nobody can. Where
   * the disks are said to be bad it takes longer than any election to see that.
   * @throws {Refusal}
   */
  async seesClusterLost(
    nodes: readonly Node[],
    { disksAreBad = false }: LossOptions,
  ): Promise<void> {
    await this.seesNobodyLead()
    if (disksAreBad) return this.#seesNobodyElected([])
    const disks = await Promise.all(nodes.map((node) => this.#diskOf(node)))
    const left = disks.filter(({ isThere }) => isThere)
    if (2 * left.length <= nodes.length) return
    throw new Refusal(
      'most disks lost, or somebody who says that they are bad',
      left.map(({ sign }) => sign).join(', '),
    )
  }

  /**
   * That no leader can be elected any more, and that one disk is left to go on from: each node is
   * it or one of the lost ones.
   * @throws {Refusal}
   */
  async seesQuorumLost(
    survivor: Node,
    lost: readonly Node[],
    { disksAreBad = false, leads = [] }: LossOptions & { readonly leads?: readonly Node[] },
  ): Promise<void> {
    const names = [survivor, ...lost].map(({ name }) => name)
    const unnamed = this.#place.nodes.filter(({ name }) => !names.includes(name))
    if (unnamed.length > 0)
      throw new Refusal(
        'each node named, as the one that is left or as lost',
        `nobody says what became of ${unnamed.map(({ name }) => name).join(', ')}`,
      )
    await this.seesNobodyLead(leads)
    const { isThere, sign } = await this.#diskOf(survivor)
    if (!isThere) throw new Refusal(`a disk that is left at ${survivor.name}`, sign)
    if (disksAreBad) await this.#seesNobodyElected(leads)
  }

  /**
   * That these are lost with their disks: what is there has a vote that may still be needed, and
   * what it holds is wiped by what follows.
   * @throws {Refusal}
   */
  async seesLost(nodes: readonly Node[], { disksAreBad = false }: LossOptions = {}): Promise<void> {
    for (const node of nodes) {
      const { isThere, sign, answers } = await this.#diskOf(node)
      // Of one that answers nobody need say anything: it has its disk.
      if (isThere && (answers || !disksAreBad))
        throw new Refusal(`${node.name} is lost with its disk`, sign)
    }
  }

  async #leading(but: readonly Node[]): Promise<readonly string[]> {
    const own = but.map(({ name }) => name)
    return (await this.#place.view.leaders()).filter((name) => !own.includes(name))
  }

  async #seesNobodyElected(but: readonly Node[]): Promise<void> {
    const { heartbeat, signal } = this.#place
    const wanted = milliseconds(LONGER_THAN_AN_ELECTION * heartbeat.ms)
    const startedMs = performance.now()
    const elected = await until<readonly string[]>(
      `nobody has been elected for ${formatDuration(wanted)}`,
      async () => {
        const leading = await this.#leading(but)
        if (leading.length > 0) return happened(leading)
        const waitedMs = performance.now() - startedMs
        return waitedMs >= wanted.ms ? happened([]) : notYet('nobody leads')
      },
      { within: milliseconds(wanted.ms + 60_000), every: milliseconds(250), signal },
    )
    if (elected.length > 0) throw new Refusal('no node that leads', `${elected.join()} leads`)
  }

  async #diskOf(node: Node): Promise<Disk> {
    const { anonymous, machines, signal } = this.#place
    const health = await healthIfAny(anonymous(node.name), { within: seconds(2), signal })
    if (health !== undefined) {
      // Of an empty disk, and of one that was removed: it has no vote any more.
      const isThere = health.state !== 'uninitialized' && health.state !== 'removed'
      return { isThere, sign: describeHealth(health), answers: true }
    }
    const isThere = await machines.isThere(node)
    const sign = `${node.name} does not answer, and its machine is ${isThere ? 'there' : 'gone'}`
    return { isThere, sign, answers: false }
  }
}

/** In heartbeat timeouts: the first election after a start takes up to six. */
const LONGER_THAN_AN_ELECTION = 10
