/**
 * Orders versions as servers name them: `1.21.0`, `2.6.2`, with or without what follows a `-` or
 * a `+`. Negative: `a` is the older one. What is no number counts as 0.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  return left.map((part, i) => part - (right[i] ?? 0)).find((less) => less !== 0) ?? 0
}

/** The newest of these, where a server of `version` is older: it does not read what that one wrote. */
export function newerThan(version: string, writers: readonly string[]): string | undefined {
  const newest = writers.toSorted(compareVersions).at(-1)
  return newest !== undefined && compareVersions(newest, version) > 0 ? newest : undefined
}

/** Major, minor, patch. */
function partsOf(version: string): readonly number[] {
  const parts = (version.split(/[-+]/)[0] ?? '').split('.')
  return [0, 1, 2].map((i) => Number(parts[i]) || 0)
}
