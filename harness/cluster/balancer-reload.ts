import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import type { Container } from '../stack/container.ts'
import { CONFIGURATION } from '../stack/haproxy.ts'

/**
 * A new configuration for the balancer, loaded when this returns. One that does not run reads the
 * file when it starts. A signal that comes while the one before is still worked off is lost, so
 * each is waited for: what the balancer says in its log is what tells.
 * @throws {NeverHappened} when it does not take the configuration.
 */
export async function reloadBalancer(balancer: Container, configuration: string): Promise<void> {
  const before = await timesLoaded(balancer)
  await balancer.put([{ path: CONFIGURATION, content: configuration }])
  if (!(await balancer.state()).running) return
  await balancer.signal('SIGUSR2')
  await until(
    'the balancer has loaded its new configuration',
    async () => {
      const now = await timesLoaded(balancer)
      return now > before ? happened(true) : notYet(`it has loaded one ${now} times so far`)
    },
    { within: seconds(15), every: milliseconds(20) },
  )
}

async function timesLoaded(balancer: Container): Promise<number> {
  return (await balancer.logs()).match(/Loading success/g)?.length ?? 0
}
