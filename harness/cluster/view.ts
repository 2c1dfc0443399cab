import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, type Look, notYet, until } from '../lib/until.ts'
import type { VaultClient } from '../vault/client.ts'
import { describeHealth, readHealth } from '../vault/health.ts'
import { stepDown } from '../vault/leader.ts'
import { type AutopilotState, autopilotState } from '../vault/raft.ts'

/**
 * The cluster as seen from one place: a client per node, with a token that may see everything.
 * We look directly; the operator looks through links that a fault may have cut.
 */
export class View {
  readonly #clients: ReadonlyMap<string, VaultClient>
  #term = 0

  constructor(clients: readonly VaultClient[]) {
    this.#clients = new Map(clients.map((client) => [client.node, client]))
  }

  client(node: string): VaultClient {
    const client = this.#clients.get(node)
    if (client === undefined) throw new RangeError(`there is no node ${node}`)
    return client
  }

  /** Who answers `sys/health` with 200 now; the strongest sign short of a write. */
  async leaders(): Promise<readonly string[]> {
    const seen = await Promise.all([...this.#clients.values()].map(stateOf))
    return seen.filter(({ state }) => state === 'leader').map(({ node }) => node)
  }

  /** @throws {NeverHappened} when not exactly one node leads for a minute. */
  async leader(signal?: AbortSignal): Promise<string> {
    return until(
      'one node leads',
      async () => {
        const seen = await Promise.all([...this.#clients.values()].map(stateOf))
        const leading = seen.filter(({ state }) => state === 'leader')
        return leading.length === 1 && leading[0] !== undefined
          ? happened(leading[0].node)
          : notYet(seen.map(({ text }) => text).join(', '))
      },
      { within: seconds(60), every: milliseconds(25), signal },
    )
  }

  /** Autopilot's state as the leader has it; `undefined` while nobody leads or it has none yet. */
  async autopilot(): Promise<AutopilotState | undefined> {
    const leaders = await this.leaders()
    const [leader] = leaders
    if (leader === undefined) return undefined
    const state = await autopilotState(this.client(leader), { within: seconds(2) })
    const told = Math.max(0, ...(state?.servers.map(({ lastTerm }) => lastTerm) ?? []))
    // Of two leaders the one that nobody follows any more may tell an older one.
    if (told > this.#term || (told > 0 && leaders.length === 1)) this.#term = told
    return state
  }

  /**
   * The Raft term that autopilot told last; 0 while it knows none. A leader that cannot tell any
   * more (its audit device may be stuck) takes nothing back. Terms fall only where a cluster that
   * was lost is restored on new machines, which begin to count anew.
   * @throws {RequestFailed} {VaultError} when none was ever told.
   */
  async term(): Promise<number> {
    try {
      await this.autopilot()
    } catch (error) {
      if (this.#term === 0) throw error
    }
    return this.#term
  }

  /** Whether exactly so many voters are there and all of them healthy. */
  async voters(wanted: number): Promise<Look<AutopilotState>> {
    const state = await this.autopilot()
    if (state === undefined) return notYet('no node leads, or autopilot has no state yet')
    const healthy = state.servers.filter((each) => each.healthy && state.voters.includes(each.node))
    return state.healthy && healthy.length === wanted
      ? happened(state)
      : notYet(`${healthy.length} of ${wanted} voters healthy`)
  }

  async stepDown(leader: string): Promise<void> {
    await stepDown(this.client(leader), { within: seconds(10) })
  }
}

async function stateOf(client: VaultClient) {
  try {
    const health = await readHealth(client, { within: seconds(1) })
    return { node: client.node, state: health.state, text: describeHealth(health) }
  } catch (error) {
    return { node: client.node, state: 'silent', text: `${client.node} is silent (${error})` }
  }
}
