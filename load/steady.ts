import exec from 'k6/execution'
import { given } from './given.ts'
import { type Mix, turnOf } from './mix.ts'
import { constantArrival, endSummary } from './options.ts'
import { request } from './request.ts'

/**
 * The load test of the design (HLD:988-1073) as an open model: its weights of ten reads to one
 * write, and the arrivals of its 100 users, who wait 0.55 s on average: 180 a second.
 */
const MIX: Mix = { read: 10, write: 1 }

export const options = constantArrival(MIX)

export const handleSummary = endSummary(MIX)

export default function (): void {
  request(turnOf(exec.scenario.iterationInTest, MIX, given.tenants.length))
}
