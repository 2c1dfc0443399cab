/** A child process's end of the channel of `child.ts`. */

export type Parent<ToChild, FromChild> = {
  readonly tell: (message: FromChild) => void
  readonly onMessage: (listener: (message: ToChild) => void | Promise<void>) => void
  /** Says one last thing and ends this process in order. */
  readonly leave: (lastWords: FromChild) => void
}

/**
 * Connects to the parent. Any error that nobody catches is told to it and ends the process: a
 * recorder that goes on after a failed write would leave a record with a hole.
 * @param onOrphaned runs when the parent is gone, before the process ends.
 */
export function connectToParent<ToChild, FromChild extends { readonly said: string }>(
  onOrphaned: () => void,
): Parent<ToChild, FromChild> {
  const fail = (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    process.exitCode = 1
    if (!process.connected) return process.exit()
    process.send?.({ said: 'failed', message }, () => process.exit())
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  process.on('disconnect', () => {
    onOrphaned()
    process.exit()
  })
  return {
    tell: (message) => {
      process.send?.(message, () => {}) // a parent that is gone is noticed by `disconnect`
    },
    onMessage: (listener) => {
      process.on('message', (message) => {
        void (async () => listener(message as ToChild))().catch(fail)
      })
    },
    leave: (lastWords) => {
      process.send?.(lastWords, () => process.exit())
    },
  }
}
