import exec from 'k6/execution'
import { listTenants, read, write } from './calls.ts'
import { given } from './given.ts'
import { turnOf } from './mix.ts'
import { constantArrival, endSummary } from './options.ts'

/** A given mix at a constant arrival rate whose lists are of all tenants, not of one's own. */

export const options = constantArrival(given.mix)

export const handleSummary = endSummary(given.mix)

export default function (): void {
  const { op, tenant } = turnOf(exec.scenario.iterationInTest, given.mix, given.tenants.length)
  const id = given.tenants[tenant] as string
  if (op === 'list') listTenants()
  else if (op === 'read') read(id)
  else if (op === 'write') write(id)
  else throw new Error(`growth has no "${op}"`)
}
