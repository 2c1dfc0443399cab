import { sleep } from 'k6'
import exec from 'k6/execution'
import { given } from './given.ts'
import { type Mix, turnOf } from './mix.ts'
import { endSummary, gracefulStop, optionsOf } from './options.ts'
import { request } from './request.ts'

/**
 * The load test of the design as it is written: 100 users of whom ten more come each second, and
 * each waits for its answer and then 0.1 to 1 s (HLD:1004, 1064). While nobody answers, nobody
 * asks, so its percentiles hide an outage: never judged, only shown beside the open model.
 */
const MIX: Mix = { read: 10, write: 1 }
const NEW_USERS_PER_S = 10

const rampMs = (given.users / NEW_USERS_PER_S) * 1000

export const options = optionsOf(
  {
    executor: 'ramping-vus',
    startVUs: 0,
    stages: [
      { duration: `${rampMs}ms`, target: given.users },
      { duration: `${Math.max(0, given.durationMs - rampMs)}ms`, target: given.users },
    ],
    gracefulStop,
    gracefulRampDown: gracefulStop,
  },
  MIX,
)

export const handleSummary = endSummary(MIX)

export default function (): void {
  request(turnOf(exec.scenario.iterationInTest, MIX, given.tenants.length))
  sleep(0.1 + 0.9 * Math.random())
}
