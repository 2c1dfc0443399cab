import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import type { ProbeStatus } from './live-status.ts'

/** How the judged lanes are at this moment: looks for waits, not for verdicts. */

/** A stable run: so many good answers in a row. */
const STABLE_COUNT = 20
/** Half of a lane's deadline: who answers later than this is about to fail. */
const LATE_MS = 500

/** Since when every judged lane has been good. */
export function goodSince({ lanes }: ProbeStatus): Look<Ns> {
  for (const [name, { goodSince: since, goodInARow, lastWhy }] of Object.entries(lanes)) {
    if (since === undefined) return notYet(`${name}: ${lastWhy ?? 'no answer yet'}`)
    if (goodInARow < STABLE_COUNT) return notYet(`${name}: ${goodInARow} good in a row`)
  }
  return happened(Math.max(...Object.values(lanes).map((lane) => lane.goodSince ?? 0)))
}

/**
 * Whether each lane has a good answer to something that it sent just now. Where none came for half
 * a second, all known answers are good, and those under way are not.
 */
export function answeredPromptly({ t, lanes }: ProbeStatus): Look<Ns> {
  for (const [name, { lastOk = 0 }] of Object.entries(lanes)) {
    const lateMs = Math.round((t - lastOk) / NS_PER_MS)
    if (lateMs > LATE_MS) return notYet(`${name}: what was sent ${lateMs} ms ago was answered last`)
  }
  return happened(t)
}

/** One second more than asked: a request under way may still turn out to be bad. */
export function lasting({ t }: ProbeStatus, since: Ns, ms: number): Look<Ns> {
  const lastedMs = (t - since) / NS_PER_MS
  return lastedMs >= ms + 1000 ? happened(since) : notYet(`good for ${Math.round(lastedMs)} ms`)
}
