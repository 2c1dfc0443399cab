import { Interrupted } from '../interrupted.ts'

/** The first signal stops what is being done, in good order; the second one ends it at once. */
export function stopOnSignals(
  say: (line: string) => void,
  doing = 'healing, collecting and removing',
  left = '"./drill sweep" removes what is left',
): {
  readonly signal: AbortSignal
  readonly forget: () => void
} {
  const controller = new AbortController()
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) {
      say(`stopped at once; ${left}`)
      process.exit(name === 'SIGINT' ? 130 : 143)
    }
    say(`${name}: ${doing}; once more to stop at once`)
    controller.abort(new Interrupted(name))
  }
  const names = ['SIGINT', 'SIGTERM'] as const
  for (const name of names) process.on(name, onSignal)
  return {
    signal: controller.signal,
    forget: () => {
      for (const name of names) process.off(name, onSignal)
    },
  }
}
