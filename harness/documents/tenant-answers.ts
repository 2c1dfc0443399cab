/** What the design's policies (HLD:392-408, 684-701) make a node answer to a tenant: statuses. */

/** Its own secrets: what `own` of a tenant asks. */
export const GRANTED = { write: 200, read: 200, list: 200 }

/** Those of another one: what `trespass` asks. */
export const REFUSED = {
  read: 403,
  write: 403,
  create: 403,
  delete: 403,
  list: 403,
  'list of tenants': 403,
}
