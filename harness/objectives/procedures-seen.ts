import type { Entry, JournalData } from '../journal/entry.ts'
import { toMs } from './service-recovery.ts'

export type StepSeen = {
  readonly title: string
  readonly source?: string
  /** Milliseconds of the run clock. */
  readonly startedMs: number
  /** `null`: the step never ended. */
  readonly endedMs: number | null
  readonly outcome: JournalData['step.ended']['outcome'] | null
  readonly observed?: string
  /** What the runbook declares for people; not in the other two times. */
  readonly declaredHumanMs?: number
}

export type ProcedureSeen = {
  readonly id: string
  readonly form: 'corrected' | 'as-written'
  readonly steps: readonly StepSeen[]
}

/** The procedures that were performed, with their steps as the journal has them. */
export function proceduresSeen(entries: readonly Entry[]): readonly ProcedureSeen[] {
  const performed: { id: string; form: ProcedureSeen['form']; steps: StepSeen[] }[] = []
  const latest = (id: string) => performed.findLast((procedure) => procedure.id === id)
  for (const entry of entries) {
    if (entry.kind === 'procedure.started') {
      performed.push({ id: entry.data.procedure, form: entry.data.form, steps: [] })
    } else if (entry.kind === 'step.started') {
      const { title, source } = entry.data
      latest(entry.data.procedure)?.steps.push({
        title,
        ...(source === undefined ? {} : { source }),
        startedMs: toMs(entry.t),
        endedMs: null,
        outcome: null,
      })
    } else if (entry.kind === 'step.ended') {
      const steps = latest(entry.data.procedure)?.steps
      const { title, outcome, observed, declaredHumanMs } = entry.data
      const at = steps?.findLastIndex((step) => step.title === title && step.endedMs === null) ?? -1
      const step = steps?.[at]
      if (steps === undefined || step === undefined) continue
      const told = {
        ...(observed === undefined ? {} : { observed }),
        ...(declaredHumanMs === undefined ? {} : { declaredHumanMs }),
      }
      steps[at] = { ...step, endedMs: toMs(entry.t), outcome, ...told }
    }
  }
  return performed
}
