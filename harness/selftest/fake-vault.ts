import { setTimeout as sleep } from 'node:timers/promises'
import { wallClock } from '../lib/clock.ts'
import type { Address } from '../lib/http.ts'
import { CAS_MISMATCH, metadataOf, NO_LEADER, readOf, wantedBy, written } from './fake-kv.ts'
import { type Answer, type Asked, FakeListener, FakeNode } from './fake-node.ts'
import type { Change } from './fake-store.ts'

/** Defects of the product that can be switched on. */
export type Bugs = {
  /** For so long before a crash another node leads, too, and both take writes. */
  readonly twoLeadersMs?: number
}

export const FAKE_NODES = ['vault-1', 'vault-2', 'vault-3'] as const

/** Between the arrival of a write and its commit, and again until its answer. */
const COMMIT_MS = 1
/** A leader that is about to die commits for so long without a word: the answers are lost. */
const MUTE_MS = 150
/** Nobody leads for so long after a crash. */
const ELECTION_MS = 250

/**
 * Three nodes and a balancer on the loopback, answering KV v2 the way a healthy OpenBao cluster
 * does: one leader orders all changes, and what it acknowledges is on every node. The judging of
 * a run over it is the judging of a real one, so a bug switched on here must be found there.
 */
export class FakeVault {
  readonly nodes: readonly FakeNode[]
  readonly #balancer: FakeListener
  readonly #bugs: Bugs
  #turn = 0
  #term = 0

  private constructor(bugs: Bugs) {
    this.#bugs = bugs
    this.nodes = FAKE_NODES.map(
      (name) => new FakeNode(name, (node, asked) => this.#on(node, asked)),
    )
    this.#balancer = new FakeListener((asked) => this.#balanced(asked))
  }

  static async start(bugs: Bugs = {}): Promise<FakeVault> {
    const vault = new FakeVault(bugs)
    for (const node of vault.nodes) await node.listener.open()
    await vault.#balancer.open(() => vault.#leaders().length === 0)
    vault.#lead(vault.node('vault-1'))
    return vault
  }

  get balancer(): Address {
    return this.#balancer.address
  }

  get leader(): string | undefined {
    return this.#leaders()[0]?.name
  }

  node(name: string): FakeNode {
    const found = this.nodes.find((node) => node.name === name)
    if (found === undefined) throw new Error(`the fake cluster has no ${name}`)
    return found
  }

  /** Returns when the leader is dead; another one leads a moment later. */
  async crashLeader(): Promise<void> {
    const leader = this.#leaders()[0]
    if (leader === undefined) throw new Error('nobody leads who could crash')
    const heir = this.nodes.find((node) => node.state === 'standby')
    if (heir === undefined) throw new Error('nobody is there to take over')
    const { twoLeadersMs } = this.#bugs
    if (twoLeadersMs !== undefined) {
      this.#lead(heir)
      await sleep(twoLeadersMs)
    }
    leader.mute = true
    await sleep(MUTE_MS)
    const died = leader.crash()
    this.#balancer.reset()
    await died
    if (twoLeadersMs === undefined) setTimeout(() => this.#lead(heir), ELECTION_MS)
  }

  /** With its disk: it catches up before it answers. */
  async rejoin(name: string): Promise<void> {
    const leader = this.#leaders()[0]
    if (leader === undefined) throw new Error('nobody leads whom a node could follow')
    this.node(name).store.copyFrom(leader.store)
    await this.node(name).restart()
  }

  async stop(): Promise<void> {
    await Promise.all([
      this.#balancer.close(),
      ...this.nodes.map(({ listener }) => listener.close()),
    ])
  }

  #leaders(): readonly FakeNode[] {
    return this.nodes.filter(({ state }) => state === 'leader')
  }

  #lead(node: FakeNode): void {
    if (node.state !== 'standby') return
    node.state = 'leader'
    node.term = ++this.#term
  }

  /** To whoever leads; of two leaders to each in turn. */
  async #balanced(asked: Asked): Promise<Answer | undefined> {
    const leaders = this.#leaders()
    const leader = leaders[this.#turn++ % Math.max(1, leaders.length)]
    return leader === undefined ? undefined : this.#on(leader, asked)
  }

  async #on(node: FakeNode, asked: Asked): Promise<Answer | undefined> {
    const at = wallClock()
    if (asked.path === '/v1/sys/health') {
      if (node.mute) return undefined
      return { status: node.state === 'leader' ? 200 : 429, body: { initialized: true } }
    }
    const wanted = wantedBy(asked, at)
    const answer = await this.#give(node, wanted, at)
    return node.mute || node.state === 'down' ? undefined : answer
  }

  async #give(
    node: FakeNode,
    wanted: ReturnType<typeof wantedBy>,
    at: string,
  ): Promise<Answer | undefined> {
    switch (wanted.kind) {
      case 'answer':
        return wanted.answer
      case 'read':
        return readOf(node.store.read(wanted.name), wanted.version)
      case 'metadata':
        return metadataOf(node.store.read(wanted.name))
      case 'change': {
        const leader = node.state === 'leader' ? node : this.#leaders()[0]
        if (leader === undefined) return NO_LEADER
        await sleep(COMMIT_MS)
        if (leader.state === 'down') return undefined
        const done = this.#commit(leader, wanted.change, wanted.cas, at)
        await sleep(COMMIT_MS)
        return leader.mute ? undefined : done
      }
    }
  }

  #commit(leader: FakeNode, change: Change, cas: number | undefined, at: string): Answer {
    const current = leader.store.read(change.name)?.current ?? 0
    if (cas !== undefined && cas !== current) return CAS_MISMATCH
    const version = leader.store.apply(change)
    // Of two leaders the standby follows the later one.
    const isFollowed = this.nodes.every(
      ({ state, term }) => state !== 'leader' || term <= leader.term,
    )
    for (const node of this.nodes) {
      if (isFollowed && node.state === 'standby') node.store.apply(change)
    }
    return change.do === 'write' ? written(version, at) : { status: 204 }
  }
}
