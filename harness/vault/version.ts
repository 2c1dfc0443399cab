/**
 * Orders versions as servers name them: `1.21.0`, `2.6.2`, with or without what follows a `-` or
 * a `+`. Negative: `a` is the older one. What is no number counts as 0.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  return left.map((part, i) => part - (right[i] ?? 0)).find((less) => less !== 0) ?? 0
}

/** Major, minor, patch. */
function partsOf(version: string): readonly number[] {
  const parts = (version.split(/[-+]/)[0] ?? '').split('.')
  return [0, 1, 2].map((i) => Number(parts[i]) || 0)
}
