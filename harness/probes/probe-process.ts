import { join } from 'node:path'
import { ChainWriter } from '../journal/chain.ts'
import type { LaneInfo, ProbeData } from '../journal/entry.ts'
import { NS_PER_MS, RunClock } from '../lib/clock.ts'
import type { Headers, Tls } from '../lib/http.ts'
import { connectToParent } from '../lib/parent.ts'
import { Lane, type Question, type Sample } from './lane.ts'
import { LiveStatus } from './live-status.ts'
import {
  type CalibrationSample,
  type FromProbe,
  PROBES_FILE,
  type ProbeConfiguration,
  type ProbeTarget,
  type ToProbe,
  WRITES_FILE,
} from './probe-message.ts'
import { canaryReads, healthChecks, numberedWrites } from './questions.ts'
import { Schedule } from './schedule.ts'
import { Usage } from './usage.ts'

/**
 * The probe: an observer in a process of its own, so that nothing the harness does delays it.
 * It keeps nothing per sample; each one is a line in `probes.jsonl` as soon as it is known.
 */

/** A sample slower than this is bad. */
const DEADLINE_MS = 1_000
const STATUS_EVERY_MS = 100
/** Time for everything to be in place before the first slot. */
const FIRST_SLOT_IN_MS = 20

class ProbeProcess {
  readonly #configuration: ProbeConfiguration
  readonly #clock: RunClock
  readonly #schedule: Schedule
  readonly #samples: ChainWriter
  readonly #ledger: ChainWriter
  readonly #headers: Headers
  readonly #usage: Usage
  readonly #lanes: Lane[] = []
  #live = new LiveStatus([])
  #calibration: { lane: Lane; samples: CalibrationSample[] } | undefined
  #statusTimer: NodeJS.Timeout | undefined
  #newsIsDue = false

  constructor(configuration: ProbeConfiguration) {
    this.#configuration = configuration
    this.#clock = new RunClock(BigInt(configuration.clockBase))
    this.#schedule = new Schedule(this.#clock)
    this.#samples = new ChainWriter(join(configuration.directory, PROBES_FILE), this.#clock)
    this.#ledger = new ChainWriter(join(configuration.directory, WRITES_FILE), this.#clock)
    this.#headers = { 'x-vault-token': configuration.token }
    this.#usage = new Usage((usage) => this.#record('usage', usage))
  }

  start(): void {
    const firstSlotAt = this.#clock.now() + FIRST_SLOT_IN_MS * NS_PER_MS
    const planned = inTurn(this.#plan())
    this.#live = new LiveStatus(planned.map(({ info }) => info))
    for (const { info, target, question, onSample } of planned) {
      this.#lanes.push(this.#lane(info, target, question, onSample))
    }
    this.#record('lanes', { lanes: planned.map(({ info }) => info), firstSlotAt, pid: process.pid })
    for (const lane of this.#lanes) {
      this.#schedule.add(lane, firstSlotAt + Math.round(lane.offsetMs * NS_PER_MS))
    }
    this.#usage.start()
    this.#statusTimer = setInterval(() => this.#tellStatus(), STATUS_EVERY_MS)
  }

  #plan() {
    const { balancer, nodes, prefix, canary, rates } = this.#configuration
    const followed = (sample: Sample) => {
      if (this.#live.addSample(sample)) this.#tellSoon()
    }
    const writes = numberedWrites(this.#ledger, {
      prefix,
      via: balancer.name,
      headers: this.#headers,
      onOutcome: (outcome) => this.#live.countWrite(outcome),
    })
    const reads = () => canaryReads(canary, this.#headers)
    return [
      {
        info: info('write', 'write', balancer, rates.write),
        target: balancer,
        question: writes,
        onSample: followed,
      },
      {
        info: info('read', 'read', balancer, rates.read),
        target: balancer,
        question: reads(),
        onSample: followed,
      },
      {
        info: info('fresh-read', 'fresh-read', balancer, rates.fresh),
        target: balancer,
        question: reads(),
        onSample: () => {},
      },
      ...nodes.map((node) => ({
        info: info(`health/${node.name}`, 'health', node, rates.health),
        target: node,
        question: healthChecks(),
        onSample: (sample: Sample) => {
          if (this.#live.addHealth(node.name, sample)) this.#tellSoon()
        },
      })),
    ]
  }

  #lane(
    info: LaneInfo,
    target: ProbeTarget,
    question: Question,
    onSample: (sample: Sample) => void,
  ): Lane {
    return new Lane({
      info,
      clock: this.#clock,
      address: target,
      tls: tlsFor(target, this.#configuration.ca),
      question,
      onSample: (sample) => {
        this.#record('sample', sample)
        onSample(sample)
      },
      onMissed: (missed) => {
        this.#record('missed', missed)
        this.#live.countMissed(missed.lane, missed.toSlot - missed.fromSlot + 1)
      },
    })
  }

  /** The read lane's code once more, on a server that fails and mends at known times. */
  calibrate({ target, ca, canary }: Extract<ToProbe, { do: 'calibrate' }>): void {
    const samples: CalibrationSample[] = []
    const warmUp = Math.ceil((CALIBRATION_HZ * CALIBRATION_WARM_UP_MS) / 1_000)
    const lane = new Lane({
      info: info('calibration', 'read', target, CALIBRATION_HZ),
      clock: this.#clock,
      address: target,
      tls: tlsFor(target, ca),
      question: canaryReads(canary, this.#headers),
      onSample: ({ call, ret, ok }) => {
        samples.push({ call, ret, ok })
        if (samples.length === warmUp) parent.tell({ said: 'calibrating' })
      },
      onMissed: () => {}, // its price is the error that is being measured
    })
    this.#calibration = { lane, samples }
    this.#schedule.add(lane, this.#clock.now() + FIRST_SLOT_IN_MS * NS_PER_MS)
  }

  async endCalibration(): Promise<void> {
    const running = this.#calibration
    if (running === undefined) throw new Error('no calibration is running')
    this.#calibration = undefined
    this.#schedule.remove(running.lane)
    await running.lane.drained()
    await running.lane.close()
    parent.tell({ said: 'calibrated', samples: running.samples })
  }

  async stopWrites(): Promise<void> {
    const writes = this.#lanes.filter(({ info }) => info.kind === 'write')
    for (const lane of writes) this.#schedule.remove(lane)
    await Promise.all(writes.map((lane) => lane.drained()))
    this.#tellStatus()
    parent.tell({ said: 'writes-stopped' })
  }

  async stop(): Promise<void> {
    this.#schedule.stop()
    await Promise.all(this.#lanes.map((lane) => lane.drained()))
    const written = this.#live.summary(this.#clock.now()).writes.sent
    parent.leave({ said: 'stopped', seals: this.close(), written })
  }

  close() {
    this.#schedule.stop()
    clearInterval(this.#statusTimer)
    this.#usage.stop()
    return [this.#samples.close(), this.#ledger.close()]
  }

  #record<K extends keyof ProbeData>(kind: K, data: ProbeData[K]): void {
    this.#samples.append(kind, data)
  }

  /** Answers that arrive together make one message. */
  #tellSoon(): void {
    if (this.#newsIsDue) return
    this.#newsIsDue = true
    setImmediate(() => {
      this.#newsIsDue = false
      this.#tellStatus()
    })
  }

  #tellStatus(): void {
    parent.tell({ said: 'status', status: this.#live.summary(this.#clock.now()) })
  }
}

/** Before the first flip: connections exist and code is compiled. */
/** A fixed rate: the limit on the error is for 5 ms; a slower lane's own interval is in [lo, hi]. */
const CALIBRATION_HZ = 200
const CALIBRATION_WARM_UP_MS = 300

/**
 * Lanes take turns within the shortest interval. All at once they were a burst of half a dozen
 * requests, one of them with a handshake, in which each waited for the others, and so did every
 * other client of the cluster. The fresh connection goes first, its handshake is a while.
 */
function inTurn<Planned extends { readonly info: LaneInfo }>(
  planned: readonly Planned[],
): readonly Planned[] {
  const shortestMs = Math.min(...planned.map(({ info: { intervalMs } }) => intervalMs))
  const order = planned.toSorted((a, b) => Number(isFresh(b.info)) - Number(isFresh(a.info)))
  return planned.map((each) => {
    const offsetMs = Math.round((order.indexOf(each) * shortestMs) / planned.length)
    return { ...each, info: { ...each.info, offsetMs } }
  })
}

const isFresh = ({ kind }: LaneInfo): boolean => kind === 'fresh-read'

const info = (
  lane: string,
  kind: LaneInfo['kind'],
  target: ProbeTarget,
  hertz: number,
): LaneInfo => ({
  lane,
  kind,
  judged: kind === 'write' || kind === 'read',
  target: target.name,
  intervalMs: 1000 / hertz,
  deadlineMs: DEADLINE_MS,
})

const tlsFor = ({ servername }: ProbeTarget, ca: string | undefined): Tls | undefined =>
  ca === undefined ? undefined : { ca, servername }

let probe: ProbeProcess | undefined

const parent = connectToParent<ToProbe, FromProbe>(() => probe?.close())

parent.onMessage(async (message) => {
  if (message.do === 'configure') {
    probe = new ProbeProcess(message.configuration)
    return parent.tell({ said: 'configured' })
  }
  if (probe === undefined) throw new Error(`"${message.do}" came before the configuration`)
  switch (message.do) {
    case 'calibrate':
      return probe.calibrate(message)
    case 'end-calibration':
      return probe.endCalibration()
    case 'start':
      probe.start()
      return parent.tell({ said: 'started' })
    case 'stop-writes':
      return probe.stopWrites()
    case 'stop':
      return probe.stop()
  }
})
