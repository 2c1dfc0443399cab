import type { Readable } from 'node:stream'

/**
 * Reads what the engine sends while it pulls, builds or loads (JSON objects, one per line) to
 * its end.
 * @throws {EngineRefused} with the engine's own words when it reports an error on the way.
 */
export async function followStream(
  stream: Readable,
  signal: AbortSignal | undefined,
  onText: (text: string) => void = () => {},
): Promise<void> {
  const stop = () => stream.destroy(signal?.reason as Error)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    let rest = ''
    for await (const chunk of stream) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) report(line, onText)
    }
    report(rest, onText)
    signal?.throwIfAborted()
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function report(line: string, onText: (text: string) => void): void {
  if (line.trim() === '') return
  const { stream, status, error } = JSON.parse(line) as Readonly<Record<string, string>>
  if (error !== undefined) throw new EngineRefused(error)
  const text = stream ?? status
  if (text !== undefined) onText(text)
}

export class EngineRefused extends Error {
  override readonly name = 'EngineRefused'
}
