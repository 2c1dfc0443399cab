export type Operation = 'read' | 'write' | 'list' | 'delete' | 'login'

/** Whole numbers: how many of so many requests are of an operation. */
export type Mix = Readonly<Partial<Record<Operation, number>>>

/** What one request is, and whose. */
export type Turn = { readonly op: Operation; readonly tenant: number }

/**
 * The n-th request, from 0: tenants are served in turn, and with every round through them the
 * operations move on by one, so that each tenant meets each operation in the shares of the mix.
 * Nothing is left to chance: two runs send the same requests.
 */
export function turnOf(n: number, mix: Mix, tenants: number): Turn {
  const operations = Object.entries(mix).flatMap(([op, share]) =>
    new Array<Operation>(share).fill(op as Operation),
  )
  const round = Math.floor(n / tenants)
  // Where one length divides the other, a tenant would else meet the same operation for ever.
  const op = operations[(n + round) % operations.length]
  if (op === undefined) throw new Error('the mix has no operation')
  return { op, tenant: n % tenants }
}
