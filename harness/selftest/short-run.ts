import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Seal } from '../journal/chain.ts'
import type { JournalData } from '../journal/entry.ts'
import { Journal } from '../journal/journal.ts'
import { NS_PER_MS, type Ns, RunClock } from '../lib/clock.ts'
import { seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import type { Seed } from '../lib/seed.ts'
import { happened, notYet } from '../lib/until.ts'
import type { ProbeStatus } from '../probes/live-status.ts'
import { type Probe, startProbe } from '../probes/probe.ts'
import { targetAt } from '../probes/probe-message.ts'
import { startReadBack } from '../probes/read-back.ts'
import { dataPath, numberedValue } from '../probes/value.ts'
import { startWorkload, type Workload } from '../probes/workload.ts'
import { type Bugs, FAKE_NODES, FakeVault } from './fake-vault.ts'
import { askOnce, witnessCrash } from './fake-witness.ts'
import { Liar, type Lie } from './liar.ts'
import { HOLD_DOWN_MS, STABLE_COUNT, shortPromise } from './short-promise.ts'

/** What is wrong in a short run: with the product, with the way to it, or with the harness. */
export type Tampering = {
  readonly bugs?: Bugs
  /** Between the clients and the balancer. */
  readonly lie?: () => Lie
  /** Another probe, or another workload, than ours. */
  readonly probe?: URL
  readonly workload?: URL
  readonly probeClock?: (clock: RunClock) => RunClock
  /** Done to the probe's process when the fault is in force. */
  readonly whileBroken?: (probePid: number) => Promise<void>
  /** Instead of reading back in a process of its own; closes the file. */
  readonly readBack?: (record: {
    readonly directory: string
    readonly clock: RunClock
    readonly probePid: number
  }) => Promise<Seal>
}

export type ShortRunOptions = {
  readonly name: string
  /** Made by this function; must not exist. */
  readonly directory: string
  readonly seed: Seed
  readonly tampering?: Tampering
  readonly signal: AbortSignal
}

const PREFIX = 'rpo/short'
/** Enough for a judgement, and light enough for three such runs at once on two cores. */
const RATES = { write: 25, read: 25, fresh: 20, health: 10 }
const OPERATIONS_PER_SECOND = 60
/** The hold-down counts from the last of these; an answer more may be under way. */
const STABLE_MS = HOLD_DOWN_MS + (STABLE_COUNT * 1000) / RATES.write + 200
/** What the judge demands before the first fault, and a little. */
const STEADY_MS = 5150

/**
 * A whole run in ten seconds: the real probe, workload and read-back against the imitation of a
 * cluster, whose leader crashes. It leaves the directory that a real run leaves.
 * @throws what kept it from its end; with a tampering that may be the very point.
 */
export async function shortRun(options: ShortRunOptions): Promise<void> {
  mkdirSync(options.directory)
  const run = await ShortRun.start(options)
  try {
    await run.live()
  } finally {
    await run.stop()
  }
}

class ShortRun {
  readonly #options: ShortRunOptions
  readonly #tampering: Tampering
  readonly #journal: Journal
  readonly #vault: FakeVault
  readonly #liar: Liar | undefined
  readonly #token = new Secret('short')
  #probe: Probe | undefined
  #workload: Workload | undefined

  private constructor(
    options: ShortRunOptions,
    journal: Journal,
    vault: FakeVault,
    liar: Liar | undefined,
  ) {
    this.#options = options
    this.#tampering = options.tampering ?? {}
    this.#journal = journal
    this.#vault = vault
    this.#liar = liar
  }

  static async start(options: ShortRunOptions): Promise<ShortRun> {
    const journal = new Journal(options.directory, new RunClock())
    journal.record('frozen', shortPromise(options.name, options.seed))
    journal.recordClock()
    journal.record('phase', { name: 'start' })
    const vault = await FakeVault.start(options.tampering?.bugs)
    const lie = options.tampering?.lie
    const upstream = vault.balancer
    const liar = lie === undefined ? undefined : await Liar.start({ upstream, lie: lie() })
    journal.record('cluster.ready', {
      leader: vault.leader ?? '',
      voters: FAKE_NODES,
      sealType: 'imitated',
      kmsEncrypts: 1,
      parts: {},
    })
    return new ShortRun(options, journal, vault, liar)
  }

  async live(): Promise<void> {
    const journal = this.#journal
    await this.#observe()
    await this.#settle()
    journal.record('phase', { name: 'body' })
    const crashed = await this.#crash()
    await this.#tampering.whileBroken?.(this.#probeStarted.pid)
    const since = await this.#good('the lanes are stable', STABLE_MS)
    journal.record('stable', { since })
    journal.record('phase', { name: 'heal' })
    await this.#vault.rejoin(crashed)
    journal.record('fault.healed', { ...faultOf(crashed), residue: [] })
    await this.#close(await this.#stopWriting())
    journal.record('phase', { name: 'converge' })
    this.#recordProcesses('converged')
    journal.record('converged', {
      voters: this.#vault.nodes.filter(({ state }) => state !== 'down').length,
      appliedIndexes: {},
    })
    journal.record('phase', { name: 'read-back' })
    await this.#close([await this.#readBack()])
    journal.record('phase', { name: 'collect' })
    journal.recordClock()
    journal.record('ended', {})
  }

  /** Also of a run that broke off: what is there stays readable. */
  async stop(): Promise<void> {
    await this.#probe?.kill()
    await this.#workload?.kill()
    await this.#liar?.close()
    await this.#vault.stop()
    this.#journal.close()
  }

  get #balancer(): Address {
    return this.#liar?.address ?? this.#vault.balancer
  }

  get #probeStarted(): Probe {
    if (this.#probe === undefined) throw new Error('the probe was not started')
    return this.#probe
  }

  async #observe(): Promise<void> {
    const { directory, seed } = this.#options
    const { probe: probeModule, workload: workloadModule, probeClock } = this.#tampering
    const { clock } = this.#journal
    const token = this.#token
    const path = dataPath(`${PREFIX}/canary`)
    const value = numberedValue(path, 0)
    await askOnce(this.#vault.balancer, path, { token, body: JSON.stringify({ data: value }) })
    const balancer = targetAt({ name: 'balancer', address: this.#balancer })
    const common = { directory, balancer, token, prefix: PREFIX, onDeath: () => {} }
    const starting = await Promise.allSettled([
      startProbe({
        ...common,
        clock: probeClock?.(clock) ?? clock,
        nodes: this.#vault.nodes.map(({ name, listener: { address } }) =>
          targetAt({ name, address }),
        ),
        canary: { path, hash: value.sha },
        rates: RATES,
        ...(probeModule === undefined ? {} : { module: probeModule }),
      }),
      startWorkload({
        ...common,
        clock,
        seed,
        operationsPerSecond: OPERATIONS_PER_SECOND,
        ...(workloadModule === undefined ? {} : { module: workloadModule }),
      }),
    ])
    const [probe, workload] = starting
    if (probe.status === 'fulfilled') this.#probe = probe.value
    if (workload.status === 'fulfilled') this.#workload = workload.value
    for (const each of starting) if (each.status === 'rejected') throw each.reason
  }

  /** The probe is calibrated while its lanes run: that saves three seconds. */
  async #settle(): Promise<void> {
    const { seed } = this.#options
    this.#journal.record('phase', { name: 'settle' })
    await this.#probeStarted.start()
    await this.#workload?.start()
    await this.#good('the lanes are good', 0)
    const steadyAt = this.#journal.record('phase', { name: 'steady' })
    this.#journal.record('calibration', await this.#probeStarted.calibrate({ seed }))
    this.#recordProcesses('settled')
    this.#journal.record('gate', {
      id: 'clean-start',
      kind: 'soundness',
      guards: [],
      held: true,
      reason: 'the imitation of a cluster has just been made',
    })
    const leftMs = STEADY_MS - this.#journal.clock.elapsedMs(steadyAt)
    await sleep(Math.max(0, leftMs) + seed.fraction('phase') * 100)
  }

  /** @returns the name of the node that is gone. */
  async #crash(): Promise<string> {
    const journal = this.#journal
    const target = this.#vault.leader ?? ''
    const fault = faultOf(target)
    journal.record('fault.planned', { ...fault, plan: { target }, undo: '', final: false })
    this.#recordProcesses('fault')
    const issued = journal.clock.now()
    await this.#vault.crashLeader()
    const proven = journal.clock.now()
    journal.record('fault.injected', { ...fault, issued, proven })
    const witness = await witnessCrash(this.#vault, target, this.#options.signal)
    journal.record('fault.witnessed', { ...fault, witness })
    return target
  }

  #recordProcesses(when: JournalData['node.processes']['when']): void {
    const nodes = this.#vault.nodes.map(({ name, state, process, startedAtMs }) => {
      const ageMs = Math.round(performance.now() - startedAtMs)
      return [name, state === 'down' ? { pid: 0, ageMs: 0 } : { pid: process, ageMs }] as const
    })
    this.#journal.record('node.processes', { when, nodes: Object.fromEntries(nodes) })
  }

  /** Since when every judged lane has been good, once that has lasted. */
  #good(what: string, ms: number): Promise<Ns> {
    return this.#probeStarted.until(
      what,
      (status) => {
        const since = goodSince(status)
        if (since === undefined) return notYet('a lane is bad')
        const lastedMs = (status.t - since) / NS_PER_MS
        return lastedMs >= ms ? happened(since) : notYet(`good for ${Math.round(lastedMs)} ms`)
      },
      { within: seconds(8), signal: this.#options.signal },
    )
  }

  async #stopWriting(): Promise<readonly Seal[]> {
    const seals: Seal[] = []
    const workload = this.#workload
    if (workload !== undefined) seals.push(await workload.stop())
    seals.push(...(await this.#probeStarted.stop()).seals)
    return seals
  }

  async #readBack(): Promise<Seal> {
    const { directory } = this.#options
    const { clock } = this.#journal
    const instead = this.#tampering.readBack
    if (instead !== undefined) {
      return instead({ directory, clock, probePid: this.#probeStarted.pid })
    }
    const token = this.#token
    const reader = await startReadBack({ clock, directory, token, onDeath: () => {} })
    try {
      const balancer = targetAt({ name: 'balancer', address: this.#balancer })
      await reader.pass({ target: balancer, as: 'balancer' })
      for (const { name, listener } of this.#vault.nodes) {
        const as = name === this.#vault.leader ? 'leader' : 'standby'
        await reader.pass({ target: targetAt({ name, address: listener.address }), as })
      }
      return await reader.stop()
    } catch (error) {
      await reader.kill()
      throw error
    }
  }

  async #close(seals: readonly Seal[]): Promise<void> {
    for (const seal of seals) this.#journal.record('file.closed', seal)
  }
}

const faultOf = (target: string) => ({ fault: 'f1', name: 'crash', target })

function goodSince({ lanes }: ProbeStatus): Ns | undefined {
  const all = Object.values(lanes)
  const isGood = all.every(
    ({ goodSince: since, goodInARow }) => since !== undefined && goodInARow >= STABLE_COUNT,
  )
  return isGood ? Math.max(...all.map((lane) => lane.goodSince ?? 0)) : undefined
}
