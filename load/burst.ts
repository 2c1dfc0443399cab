import exec from 'k6/execution'
import { given } from './given.ts'
import { turnOf } from './mix.ts'
import { endSummary, gracefulStop, optionsOf, usersFor } from './options.ts'
import { request } from './request.ts'

/** A given mix at a constant arrival rate which for a while is a multiple of itself. */

const { ratePerS, durationMs } = given
const burst = given.burst ?? { times: 1, afterMs: durationMs, lastsMs: 0 }
const peak = ratePerS * burst.times

export const options = optionsOf(
  {
    executor: 'ramping-arrival-rate',
    startRate: ratePerS,
    timeUnit: '1s',
    stages: [
      { duration: `${burst.afterMs}ms`, target: ratePerS },
      { duration: '0s', target: peak },
      { duration: `${burst.lastsMs}ms`, target: peak },
      { duration: '0s', target: ratePerS },
      {
        duration: `${Math.max(0, durationMs - burst.afterMs - burst.lastsMs)}ms`,
        target: ratePerS,
      },
    ],
    ...usersFor(peak),
    gracefulStop,
  },
  given.mix,
)

export const handleSummary = endSummary(given.mix)

export default function (): void {
  request(turnOf(exec.scenario.iterationInTest, given.mix, given.tenants.length))
}
