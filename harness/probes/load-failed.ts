/** k6 did not do what it was started for; why, in its message. */
export class LoadFailed extends Error {
  override readonly name = 'LoadFailed'
  /** Whether the surroundings are to blame; else the script, or somebody who stopped it. */
  readonly infrastructure: boolean

  constructor(load: string, why: string, { infrastructure = true, cause }: Blame = {}) {
    super(`the load "${load}": ${why}`, { cause })
    this.infrastructure = infrastructure
  }
}

type Blame = { readonly infrastructure?: boolean; readonly cause?: unknown }

/** A threshold was crossed: the verdict comes from the samples, phase by phase. */
const CROSSED = 99
/** k6's own codes for which neither the product nor the surroundings are to blame. */
const BY_SCRIPT: Readonly<Record<number, string>> = {
  105: 'somebody stopped k6',
  107: 'the script threw',
  108: 'the script gave up',
}
const BY_SURROUNDINGS: Readonly<Record<number, string>> = {
  104: 'k6 refused its configuration',
  109: 'k6 panicked',
  137: 'k6 was killed',
  255: 'k6 could not use the script',
}

/** What an exit code says beside "well", if it does. */
export function failureOf(
  load: string,
  exitCode: number,
  { stopped, said }: { readonly stopped: boolean; readonly said: string | undefined },
): LoadFailed | undefined {
  if (exitCode === 0 || exitCode === CROSSED || (stopped && exitCode === 105)) return undefined
  const is = BY_SCRIPT[exitCode] ?? BY_SURROUNDINGS[exitCode] ?? 'k6 failed'
  const why = `${is} (exit code ${exitCode})${said === undefined ? '' : `: ${said}`}`
  return new LoadFailed(load, why, { infrastructure: BY_SCRIPT[exitCode] === undefined })
}
