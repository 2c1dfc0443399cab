import { Child } from '../lib/child.ts'
import { minutes } from '../lib/duration.ts'
import type { FromMade, MadePart, ToMade } from './made-message.ts'

/** As many as there are cores on the smallest machine that this is for. */
const PARTS = 2
const PROVED_WITHIN = minutes(10)

/** Level L0 of these defects, and its controls. */
export async function proveMadeInParts(
  options: Pick<ToMade, 'ids' | 'seed' | 'runs'> & { readonly signal: AbortSignal },
): Promise<readonly MadePart[]> {
  return Promise.all(Array.from({ length: PARTS }, (_, part) => inOwnProcess(part, options)))
}

async function inOwnProcess(
  part: number,
  { signal, ...wanted }: Pick<ToMade, 'ids' | 'seed' | 'runs'> & { readonly signal: AbortSignal },
): Promise<MadePart> {
  signal.throwIfAborted()
  const child = new Child<ToMade, FromMade>({
    name: `part ${part + 1} of level L0`,
    module: new URL('./made-process.ts', import.meta.url),
    onDeath: () => {}, // the question to it fails with its death
  })
  const stop = () => child.kill()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await child.ask(
      { do: 'prove', ...wanted, part, of: PARTS },
      { said: 'proved', within: PROVED_WITHIN },
    )
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    child.allowEnd()
    child.kill()
    await child.gone
  }
}
