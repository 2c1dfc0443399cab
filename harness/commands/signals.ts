import { Interrupted } from '../interrupted.ts'

/** The first signal stops the run, which heals, collects and removes; the second one ends it at once. */
export function stopOnSignals(say: (line: string) => void): {
  readonly signal: AbortSignal
  readonly forget: () => void
} {
  const controller = new AbortController()
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) {
      say('stopped at once; "./drill sweep" removes what is left')
      process.exit(name === 'SIGINT' ? 130 : 143)
    }
    say(`${name}: healing, collecting and removing; once more to stop at once`)
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
