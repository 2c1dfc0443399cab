import { type HttpAnswer, HttpTarget, RequestFailed } from '../lib/http.ts'

/** M20: what a request without an answer is taken for. */

const { request } = HttpTarget.prototype

/** As if no byte had been sent: the write counts as refused. */
export function takeForRefused(): void {
  misread((failed) => {
    throw new RequestFailed(failed.message, { sent: false, code: failed.code })
  })
}

/** As if the server had said that it is done. */
export function takeForAcknowledged(): void {
  misread(() => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ data: { version: 1 } })),
  }))
}

function misread(unanswered: (failed: RequestFailed) => HttpAnswer): void {
  HttpTarget.prototype.request = async function (asked) {
    try {
      return await request.call(this, asked)
    } catch (error) {
      const isChange = asked.method !== 'GET'
      if (!isChange || !(error instanceof RequestFailed) || !error.sent) throw error
      return unanswered(error)
    }
  }
}
