import { seconds } from '../lib/duration.ts'
import { HttpTarget, RequestFailed } from '../lib/http.ts'
import type { Cluster } from './cluster.ts'

/**
 * What `sys/health` answers through the balancer, over so many connections one after the other,
 * each of its own: a status, or the system's name of why there is none.
 */
export async function answersThrough(
  { probeTargets }: Pick<Cluster, 'probeTargets'>,
  times: number,
): Promise<readonly string[]> {
  const { address, tls } = probeTargets.balancer
  const target = new HttpTarget(address, { tls, keepAlive: false })
  const answers: string[] = []
  try {
    for (let i = 0; i < times; i++) {
      const asked = target.request({ method: 'GET', path: '/v1/sys/health', within: seconds(2) })
      answers.push(await asked.then(({ status }) => `${status}`, whyNot))
    }
  } finally {
    await target.close()
  }
  return answers
}

function whyNot(error: unknown): string {
  if (error instanceof RequestFailed) return error.code
  throw error
}
