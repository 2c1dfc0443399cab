import { SharedArray } from 'k6/data'
import type { Credentials } from './given.ts'

/** Of each tenant, in the order of the tenants; kept once for all users. Empty where nobody logs in. */
const all = new SharedArray<Credentials>('credentials', () => JSON.parse(open('./roles.json')))

export function credentialsOf(tenant: number): Credentials {
  const found = all[tenant]
  if (found === undefined) throw new Error(`tenant ${tenant} was given no role to log in with`)
  return found
}
