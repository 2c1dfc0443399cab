import exec from 'k6/execution'
import { list, logIn, read, write, writeAndDelete } from './calls.ts'
import { credentialsOf } from './credentials.ts'
import { given } from './given.ts'
import type { Mix } from './mix.ts'
import { constantArrival, endSummary } from './options.ts'

/**
 * Sessions of many tenants: each logs in by its role (HLD:700), reads, writes and lists with the
 * token it was given, and deletes what it wrote. The rate is of sessions; each has six requests.
 */
const SESSION: Mix = { login: 1, read: 1, write: 2, list: 1, delete: 1 }

export const options = constantArrival(SESSION)

export const handleSummary = endSummary(SESSION)

export default function (): void {
  const tenant = exec.scenario.iterationInTest % given.tenants.length
  const id = given.tenants[tenant] as string
  const own = logIn(id, credentialsOf(tenant))
  if (own === undefined) return // counted as a failed login; the rest would only repeat it
  read(id, own)
  write(id, own)
  list(id, own)
  writeAndDelete(id, own)
}
