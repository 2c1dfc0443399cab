/**
 * Like `Promise.all`, but a failure waits for the rest: nothing is left running unseen, and what
 * the others made can be removed.
 */
export async function all<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(works)
  return Promise.all(works)
}
