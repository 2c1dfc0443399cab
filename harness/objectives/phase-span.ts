import type { Entry, Phase } from '../journal/entry.ts'
import type { Ns } from '../lib/clock.ts'

export type PhaseSpan = { readonly name: Phase; readonly from: Ns; readonly to: Ns }

/** The phases of the scenario's life, each up to the next one or the end of the journal. */
export function phaseSpans(entries: readonly Entry[]): readonly PhaseSpan[] {
  const spans: PhaseSpan[] = []
  const end = entries.at(-1)?.t ?? 0
  const starts = entries.filter((entry) => entry.kind === 'phase')
  for (const [i, { t, data }] of starts.entries()) {
    spans.push({ name: data.name, from: t, to: starts[i + 1]?.t ?? end })
  }
  return spans
}

export const startOf = (entries: readonly Entry[], name: Phase): Ns | undefined =>
  phaseSpans(entries).find((span) => span.name === name)?.from

/** For a phase that can begin anew, such as the steady one after a bad answer. */
export const lastStartOf = (entries: readonly Entry[], name: Phase): Ns | undefined =>
  phaseSpans(entries).findLast((span) => span.name === name)?.from
