import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** When somebody last read a page of the runbook against its procedure, and which text it was. */
export type Review = {
  /** Day, UTC. */
  readonly on: string
  /** SHA-256 of the page as it was read: another one is a page that nobody has reviewed. */
  readonly page: string
}

/** The reviews of all pages (RB:728-729). */
export type Reviews = {
  readonly everyDays: number
  readonly source: string
  /** By procedure. */
  readonly reviewed: Readonly<Record<string, Review>>
}

export type ReviewState = {
  readonly stale: readonly { readonly procedure: string; readonly days: number }[]
  readonly changed: readonly string[]
  readonly never: readonly string[]
}

export const REVIEWS_FILE = 'docs/runbook-reviews.json'
const ROOT = join(import.meta.dirname, '..', '..')
const DAY_MS = 86_400_000

export const readReviews = (): Reviews =>
  JSON.parse(readFileSync(join(ROOT, REVIEWS_FILE), 'utf8')) as Reviews

/** SHA-256 of the procedure's page as it is now; `undefined` when there is none. */
export function pageDigest(procedure: string): string | undefined {
  const page = join(ROOT, 'docs', 'runbook', `${procedure}.md`)
  return existsSync(page)
    ? createHash('sha256').update(readFileSync(page)).digest('hex')
    : undefined
}

/**
 * Which pages nobody has looked at for too long, or since they were changed. It is told; only a
 * changed page fails a build: a calendar is no change of the code.
 */
export function reviewState(
  { everyDays, reviewed }: Reviews,
  procedures: readonly string[],
  nowMs: number,
  digestOf: (procedure: string) => string | undefined = pageDigest,
): ReviewState {
  const reviews = procedures.flatMap((procedure) => {
    const review = reviewed[procedure]
    return review === undefined ? [] : [{ procedure, ...review }]
  })
  const age = ({ on }: Review) => Math.floor((nowMs - Date.parse(on)) / DAY_MS)
  return {
    stale: reviews
      .map((review) => ({ procedure: review.procedure, days: age(review) }))
      .filter(({ days }) => days > everyDays),
    changed: reviews
      .filter(({ procedure, page }) => digestOf(procedure) !== page)
      .map(({ procedure }) => procedure),
    never: procedures.filter((procedure) => reviewed[procedure] === undefined),
  }
}

/** One line for people. */
export function reviewLine(
  { everyDays }: Reviews,
  procedures: readonly string[],
  { stale, changed, never }: ReviewState,
): string {
  const old = stale.map(({ procedure, days }) => `${procedure} (${days} days ago)`)
  const told = [
    ['review is stale of', old],
    ['changed since its review:', changed],
    ['never reviewed:', never],
  ] as const
  const parts = told.flatMap(([what, of]) => (of.length === 0 ? [] : [`${what} ${of.join(', ')}`]))
  const all = parts.join('; ') || 'every page was reviewed in time, as it is'
  return `${procedures.length} procedures, to be reviewed every ${everyDays} days (RB:729): ${all}`
}

/** @throws {NotReviewable} for a procedure without a page, or a day that is none or yet to come. */
export function withReviews(
  reviews: Reviews,
  procedures: readonly string[],
  on: string,
  nowMs: number,
): Reviews {
  const dayMs = /^\d{4}-\d\d-\d\d$/.test(on) ? Date.parse(on) : Number.NaN
  // Of 30 February the parser makes a day in March.
  const isDay = dayMs <= nowMs && new Date(dayMs).toISOString().startsWith(on)
  if (!isDay) throw new NotReviewable(`"${on}" is no day that has been, like 2026-01-31`)
  const added = procedures.map((procedure) => {
    const page = pageDigest(procedure)
    if (page === undefined) throw new NotReviewable(`"${procedure}" has no page in docs/runbook`)
    return [procedure, { on, page }] as const
  })
  const all = { ...reviews.reviewed, ...Object.fromEntries(added) }
  const sorted = Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { ...reviews, reviewed: Object.fromEntries(sorted) }
}

export function writeReviews(reviews: Reviews): void {
  writeFileSync(join(ROOT, REVIEWS_FILE), `${JSON.stringify(reviews, null, 2)}\n`)
}

/** A review that cannot have been. */
export class NotReviewable extends Error {
  override readonly name = 'NotReviewable'
}
