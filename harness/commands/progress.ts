import type { JournalData, JournalKind } from '../journal/entry.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'

/** Tells people on standard error what a run is doing; a pure consumer of the journal. */
export class Progress {
  readonly #stream: { write(text: string): unknown }

  constructor(stream: { write(text: string): unknown }) {
    this.#stream = stream
  }

  say(line: string): void {
    this.#stream.write(`${line}\n`)
  }

  show(kind: JournalKind, data: JournalData[JournalKind], t: Ns): void {
    const line = progressLine(kind, data)
    if (line !== undefined) this.say(`${(t / NS_PER_MS / 1000).toFixed(1).padStart(7)} s  ${line}`)
  }
}

const PHASES: Readonly<Record<JournalData['phase']['name'], string>> = {
  start: 'starting the cluster',
  calibrate: 'calibrating the probe',
  settle: 'starting the lanes',
  steady: 'watching the undisturbed service',
  body: 'the scenario begins',
  heal: 'healing',
  converge: 'waiting for the nodes to converge',
  'read-back': 'reading every write back',
  collect: 'collecting logs',
}

function progressLine(kind: JournalKind, data: JournalData[JournalKind]): string | undefined {
  // The pairs of kind and data come from the journal, which has typed them.
  const as = <K extends JournalKind>(_kind: K) => data as JournalData[K]
  switch (kind) {
    case 'frozen': {
      const { scenario, variant, product, version, multiplier, title } = as(kind)
      const name = variant === undefined ? scenario : `${scenario}:${variant}`
      return `${name} (${product} ${version}, multiplier ${multiplier}): ${title}`
    }
    case 'phase':
      return PHASES[as(kind).name]
    case 'cluster.ready': {
      const { leader, voters, parts } = as(kind)
      const total = Object.values(parts).reduce((sum, ms) => sum + ms, 0)
      const split = Object.entries(parts).map(([name, ms]) => `${name} ${ms}`)
      return `${voters.length} voters, ${leader} leads; boot ${total} ms (${split.join(', ')})`
    }
    case 'calibration':
      return `worst error of the probe: ${as(kind).worstMs.toFixed(1)} ms`
    case 'load.started': {
      const { load, script, ratePerS, users } = as(kind)
      return `load "${load}": ${script}, ${ratePerS === undefined ? `${users} users` : `${ratePerS} a second`}`
    }
    case 'load.ended': {
      const { load, summary, cpuMsPerS } = as(kind)
      const cpu = cpuMsPerS === undefined ? '' : `, ${(cpuMsPerS / 1000).toFixed(2)} of a core`
      return `load "${load}": ${summary?.requests ?? 'nobody knows how many'} requests, ${summary?.dropped ?? 0} dropped${cpu}`
    }
    case 'fault.injected':
      return `${as(kind).name} ${as(kind).target}`
    case 'fault.witnessed':
      return `witness: ${as(kind).witness}`
    case 'fault.unseen':
      return `no witness: ${as(kind).lastSeen}`
    case 'fault.stuck':
      return `could not be healed: ${as(kind).why}`
    case 'step.started':
      return `step: ${as(kind).title}`
    case 'wait.happened':
      return as(kind).what
    case 'wait.expired':
      return `never happened: ${as(kind).what}; last seen: ${as(kind).lastSeen}`
    case 'check': {
      const { title, expected, observed } = as(kind)
      const same = JSON.stringify(expected) === JSON.stringify(observed)
      return same ? title : `${title}: ${JSON.stringify(observed)}, not ${JSON.stringify(expected)}`
    }
    case 'gate':
      return as(kind).held ? undefined : `gate ${as(kind).id}: ${as(kind).reason}`
    case 'error':
      return as(kind).message
    case 'aborted':
      return as(kind).why
    default:
      return undefined
  }
}
