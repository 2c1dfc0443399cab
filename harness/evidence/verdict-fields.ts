import type { Verdict } from '../objectives/verdict.ts'

/**
 * What every `verdict.json` of format 1 has at its top. Fields that came later are derived for
 * older runs too, but a file that was written before them cannot have stored them.
 */
const FIRST: Readonly<Partial<Record<keyof Verdict, true>>> = {
  format: true,
  scenario: true,
  id: true,
  variant: true,
  title: true,
  hypothesis: true,
  source: true,
  product: true,
  version: true,
  multiplier: true,
  seed: true,
  repro: true,
  verdict: true,
  cause: true,
  why: true,
  objectives: true,
  claims: true,
  gates: true,
  sometimes: true,
  checks: true,
  writes: true,
  lost: true,
  ghosts: true,
  duplicated: true,
  corrupt: true,
  resurrected: true,
  faults: true,
  procedures: true,
  phases: true,
  outages: true,
  stable: true,
  steady: true,
}

/** Whether a stored verdict may lack it, because it was written before the field was there. */
export const isLaterField = (field: string): boolean => !Object.hasOwn(FIRST, field)
