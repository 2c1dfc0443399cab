import exec from 'k6/execution'
import { given } from './given.ts'
import { turnOf } from './mix.ts'
import { constantArrival, endSummary } from './options.ts'
import { request } from './request.ts'

/** A given mix at a constant arrival rate. */

export const options = constantArrival(given.mix)

export const handleSummary = endSummary(given.mix)

export default function (): void {
  request(turnOf(exec.scenario.iterationInTest, given.mix, given.tenants.length))
}
