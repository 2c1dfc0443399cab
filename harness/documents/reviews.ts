import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** When somebody last read each page of the runbook against its procedure (RB:728-729). */
export type Reviews = {
  readonly everyDays: number
  /** Procedure → day, UTC. */
  readonly reviewed: Readonly<Record<string, string>>
}

export type ReviewState = {
  readonly stale: readonly { readonly procedure: string; readonly days: number }[]
  readonly never: readonly string[]
}

export const REVIEWS_FILE = 'docs/runbook-reviews.json'
const DAY_MS = 86_400_000

export const readReviews = (): Reviews =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', REVIEWS_FILE), 'utf8')) as Reviews

/**
 * Which pages nobody has looked at for too long. It is told and fails no build: a calendar is no
 * change of the code.
 */
export function reviewState(
  { everyDays, reviewed }: Reviews,
  procedures: readonly string[],
  nowMs: number,
): ReviewState {
  const ages = procedures.map((procedure) => {
    const day = reviewed[procedure]
    const days = day === undefined ? undefined : Math.floor((nowMs - Date.parse(day)) / DAY_MS)
    return { procedure, days }
  })
  return {
    stale: ages.flatMap(({ procedure, days }) =>
      days !== undefined && days > everyDays ? [{ procedure, days }] : [],
    ),
    never: ages.flatMap(({ procedure, days }) => (days === undefined ? [procedure] : [])),
  }
}

/** One line for people. */
export function reviewLine(reviews: Reviews, procedures: readonly string[], nowMs: number): string {
  const { stale, never } = reviewState(reviews, procedures, nowMs)
  const old = stale.map(({ procedure, days }) => `${procedure} (${days} days ago)`)
  const parts = [
    ...(old.length === 0 ? [] : [`review is stale of ${old.join(', ')}`]),
    ...(never.length === 0 ? [] : [`never reviewed: ${never.join(', ')}`]),
  ]
  const told = parts.join('; ') || 'every page was reviewed in time'
  return `${procedures.length} procedures, to be reviewed every ${reviews.everyDays} days (RB:729): ${told}`
}
