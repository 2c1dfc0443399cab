import type { HttpAnswer } from '../lib/http.ts'
import { invented, type Lie, type Passing } from './liar.ts'

/** What a balancer or proxy between the clients and the cluster may get wrong. */

const isWrite = ({ method, path }: Passing): boolean =>
  (method === 'POST' || method === 'PUT') && path.includes('/data/')
const isRead = ({ method, path }: Passing): boolean => method === 'GET' && path.includes('/data/')

/** M01: of so many writes one goes nowhere and is acknowledged with a version that nobody made. */
export function acknowledgesAlone(oneIn: number): Lie {
  let writes = 0
  return (passing, forward) => {
    if (!isWrite(passing) || ++writes % oneIn !== 0) return forward()
    const cas = (JSON.parse(passing.body) as { options?: { cas?: number } }).options?.cas
    return Promise.resolve(invented(200, { data: { version: (cas ?? 0) + 1 } }))
  }
}

/** M02: of so many writes one is sent on twice; the client sees the first answer. */
export function sendsTwice(oneIn: number): Lie {
  let writes = 0
  return async (passing, forward) => {
    if (!isWrite(passing) || ++writes % oneIn !== 0) return forward()
    const first = await forward()
    await forward()
    return first
  }
}

/** M03: what was read once is answered again for so long, whatever was written since. */
export function cachesReads(forMs: number): Lie {
  const known = new Map<string, { readonly answer: HttpAnswer; readonly untilMs: number }>()
  return async (passing, forward) => {
    if (!isRead(passing)) return forward()
    const cached = known.get(passing.path)
    if (cached !== undefined && performance.now() < cached.untilMs) return cached.answer
    const answer = await forward()
    known.set(passing.path, { answer, untilMs: performance.now() + forMs })
    return answer
  }
}

/** M12a: a delete is acknowledged and forgotten. */
export const deletesNothing: Lie = (passing, forward) =>
  passing.method === 'DELETE' ? Promise.resolve(invented(204)) : forward()

/** M06: the node must answer by itself, and a standby has no way to serve a write. */
export const forbidsForwarding: Lie = ({ headers }, forward) =>
  forward({ headers: { ...headers, 'x-vault-no-request-forwarding': 'true' } })
