import { milliseconds, minutes, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { describeHealth, type Health, healthIfAny, serves } from '../vault/health.ts'
import { stepDown } from '../vault/leader.ts'
import { joinRaft, raftPeers, removePeer } from '../vault/raft.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { API_PORT, RAFT_PORT } from './topology.ts'

/** The peer set as the operator sees and changes it, on whoever leads. */
export class OperatorRaft {
  readonly #place: OperatorPlace

  constructor(place: OperatorPlace) {
    this.#place = place
  }

  async leader(): Promise<string> {
    const { view, signal } = this.#place
    return view.leader(signal)
  }

  async peers(): Promise<readonly string[]> {
    const { view, signal } = this.#place
    const peers = await raftPeers(view.client(await this.leader()), { signal })
    return peers.map(({ node }) => node)
  }

  /** Twice is harmless: one that is no peer stays none. */
  async remove(node: Node): Promise<void> {
    const { view, signal } = this.#place
    if (!(await this.peers()).includes(node.name)) return
    await removePeer(view.client(await this.leader()), node.name, { signal })
  }

  /**
   * Asks a node with an empty disk to join, again and again until the leader lists it: a node
   * whose server is just starting, or a leader that was just restarted, refuses at first.
   */
  async join(node: Node): Promise<void> {
    const { anonymous, ca, signal } = this.#place
    const scheme = ca === undefined ? 'http' : 'https'
    await until(
      `${node.name} is a peer`,
      async () => {
        const leader = await this.leader()
        if ((await this.peers()).includes(node.name)) return happened(true)
        await joinRaft(anonymous(node.name), {
          leaderAddress: `${scheme}://${leader}:${API_PORT}`,
          leaderCa: ca,
          signal,
        })
        const peers = await this.peers()
        return peers.includes(node.name) ? happened(true) : notYet(`the peers are ${peers}`)
      },
      { within: minutes(1), every: milliseconds(250), signal },
    )
  }

  /** Whether it is in the peer set and answers as one of it: nothing is left to do for it. */
  async isServingPeer(node: Node): Promise<boolean> {
    if (!(await this.peers()).includes(node.name)) return false
    return serves(await this.#health(node))
  }

  /** Whether it leads now, alone or not. */
  async leads(node: Node): Promise<boolean> {
    const health = await this.#health(node)
    return health?.status === 200
  }

  async seesLeader(node: Node): Promise<void> {
    const { signal } = this.#place
    await until(
      `${node.name} leads`,
      async () => {
        const health = await this.#health(node)
        return health?.status === 200
          ? happened(true)
          : notYet(health === undefined ? 'it does not answer' : describeHealth(health))
      },
      { within: minutes(2), every: milliseconds(50), signal },
    )
  }

  /** That the voters go on without it: more than half of all are healthy and another one. */
  async seesMajorityBeside(node: Node): Promise<void> {
    const { view, signal } = this.#place
    await until(
      `a healthy majority of voters beside ${node.name}`,
      async () => {
        const state = await view.autopilot()
        if (state === undefined) return notYet('nobody leads, or autopilot has no state yet')
        const { servers, voters } = state
        const others = servers.filter(
          (each) => each.healthy && voters.includes(each.node) && each.node !== node.name,
        )
        return 2 * others.length > voters.length
          ? happened(true)
          : notYet(`${others.length} of ${voters.length} voters are healthy and not ${node.name}`)
      },
      { within: seconds(30), every: milliseconds(100), signal },
    )
  }

  /** That some other node leads; it may take an election. */
  async seesOtherLeader(node: Pick<Node, 'name'>): Promise<void> {
    const { view, signal } = this.#place
    await until(
      `another node than ${node.name} leads`,
      async () => {
        const leaders = await view.leaders()
        return leaders.some((name) => name !== node.name)
          ? happened(true)
          : notYet(leaders.length === 0 ? 'nobody leads' : `${leaders.join()} leads`)
      },
      { within: minutes(1), every: milliseconds(50), signal },
    )
  }

  /**
   * `raft/peers.json`, which the server takes for its whole peer set when it unseals next, and
   * removes. The node must be stopped.
   * @see https://openbao.org/docs/concepts/integrated-storage/
   */
  async writePeersFile(node: Node): Promise<void> {
    const address = `${node.name}:${RAFT_PORT}`
    const peers = [{ id: node.name, address, non_voter: false }]
    const path = `${this.#place.dataPath}/raft/peers.json`
    await node.vault.put([{ path, content: JSON.stringify(peers) }])
  }

  /** That every voter has what the leader has now; what is written later does not count. */
  async seesCaughtUp(): Promise<void> {
    const { view, signal } = this.#place
    let wanted = 0
    await until(
      'every node has what the leader had',
      async () => {
        const state = await view.autopilot()
        if (state === undefined) return notYet('autopilot has no state yet')
        const indexes = state.servers.map(({ node, lastIndex }) => ({ node, lastIndex }))
        if (wanted === 0) wanted = Math.max(...indexes.map(({ lastIndex }) => lastIndex))
        const behind = indexes.filter(({ lastIndex }) => lastIndex < wanted)
        return behind.length === 0
          ? happened(true)
          : notYet(behind.map((each) => `${each.node} is at ${each.lastIndex}`).join(', '))
      },
      { within: minutes(1), every: milliseconds(100), signal },
    )
  }

  async #health(node: Node): Promise<Health | undefined> {
    const { anonymous, signal } = this.#place
    return healthIfAny(anonymous(node.name), { within: seconds(2), signal })
  }

  /** The leader steps down, and another one leads. */
  async handOver(): Promise<void> {
    const name = await this.leader()
    await this.stepDown()
    await this.seesOtherLeader({ name })
  }

  async stepDown(): Promise<void> {
    const { view, signal } = this.#place
    await stepDown(view.client(await this.leader()), { within: seconds(10), signal })
  }

  /** That this node has a vote and autopilot calls it healthy (RB:311-313 looks for nothing). */
  async seesVoter(node: Node): Promise<void> {
    const { view, signal } = this.#place
    await until(
      `${node.name} is a healthy voter`,
      async () => {
        const state = await view.autopilot()
        const server = state?.servers.find((each) => each.node === node.name)
        if (server === undefined) return notYet('the leader does not list it')
        const isVoter = state?.voters.includes(node.name) === true
        if (!server.healthy || !isVoter)
          return notYet(
            `${isVoter ? 'a voter' : 'no voter'}, ${server.healthy ? '' : 'not '}healthy`,
          )
        // One that took itself out stays a healthy voter to the leader (HashiCorp Vault).
        const health = await this.#health(node)
        return serves(health)
          ? happened(true)
          : notYet(
              `a healthy voter, and ${health === undefined ? 'silent' : describeHealth(health)}`,
            )
      },
      { within: seconds(90), every: milliseconds(50), signal },
    )
  }
}
