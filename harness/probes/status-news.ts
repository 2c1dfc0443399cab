import { type Duration, milliseconds } from '../lib/duration.ts'
import { type Look, NeverHappened } from '../lib/until.ts'
import type { ProbeStatus } from './live-status.ts'

type Watcher = { readonly onStatus: (status: ProbeStatus) => void; readonly onEnd?: () => void }

/** The latest status of the probe, and who waits for the next one. */
export class StatusNews {
  latest: ProbeStatus | undefined
  readonly #watchers = new Set<Watcher>()
  #ended: Error | undefined

  publish(status: ProbeStatus): void {
    this.latest = status
    for (const { onStatus } of this.#watchers) onStatus(status)
  }

  /** There will be no more news. */
  end(why: Error): void {
    this.#ended ??= why
    for (const { onEnd } of this.#watchers) onEnd?.()
  }

  /** Gives the function that ends it. */
  watch(onStatus: (status: ProbeStatus) => void): () => void {
    const watcher = { onStatus }
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /**
   * Looks at every status, the latest first, until one shows the fact.
   * @throws {NeverHappened} when the limit passes; the probe's death; the signal's reason.
   */
  async until<T>(
    what: string,
    look: (status: ProbeStatus) => Look<T>,
    { within, signal }: { readonly within: Duration; readonly signal?: AbortSignal | undefined },
  ): Promise<T> {
    signal?.throwIfAborted()
    const startedMs = performance.now()
    let lastSeen = 'no status of the probe yet'
    return new Promise<T>((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#watchers.delete(watcher)
        finish()
      }
      const onStatus = (status: ProbeStatus) => {
        try {
          const seen = look(status)
          if (seen.happened) settle(() => resolve(seen.value))
          else lastSeen = seen.seen
        } catch (error) {
          settle(() => reject(error))
        }
      }
      const onAbort = () => settle(() => reject(signal?.reason))
      const onEnd = () => settle(() => reject(this.#ended))
      const watcher = { onStatus, onEnd }
      const timer = setTimeout(() => {
        const waited = milliseconds(performance.now() - startedMs)
        settle(() => reject(new NeverHappened(what, waited, lastSeen)))
      }, within.ms)
      if (this.#ended !== undefined) return onEnd()
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#watchers.add(watcher)
      if (this.latest !== undefined) onStatus(this.latest)
    })
  }
}
