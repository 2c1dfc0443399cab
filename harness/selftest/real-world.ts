import { loadCatalogue, selectAll } from '../catalogue.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { performRun, type RunOptions } from '../run.ts'
import type { RealDefect } from './real-defects.ts'

export type RealWorldOptions = Pick<
  RunOptions,
  'argv' | 'settings' | 'signal' | 'say' | 'out' | 'seed' | 'onJournal'
> & { readonly product: 'openbao' | 'vault' }

/** Where a lived-through scenario left its files, and what was judged. */
export type Lived = { readonly verdict: Verdict; readonly directory: string }

type Life = Pick<RealDefect, 'scenario' | 'lengths'> & { readonly defect?: RealDefect }

/**
 * Runs a scenario on a real cluster in a sabotaged world; without a defect in an honest one,
 * which is the control.
 * @throws {EngineUnavailable} {ComponentUnavailable}
 */
export async function liveThrough(
  { scenario, lengths = {}, defect }: Life,
  options: RealWorldOptions,
): Promise<Lived> {
  const { verdicts, directory } = await performRun({
    ...options,
    selected: selectAll(await loadCatalogue(), [scenario]),
    label: `selftest-${defect?.id ?? 'control'}`,
    multiplier: 1,
    limits: lengths,
    repeat: 1,
    tls: true,
    failFast: true,
    offline: options.settings.offline,
    ...(defect === undefined ? {} : { sabotage: { defect: defect.id, ...defect.sabotage() } }),
  })
  const [verdict] = verdicts
  if (verdict === undefined) throw options.signal.reason // stopped before it began
  return { verdict, directory }
}
