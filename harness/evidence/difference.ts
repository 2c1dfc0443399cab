/** One field in which two JSON values differ. */
export type Difference = {
  readonly path: string
  readonly stored: string
  readonly derived: string
}

/** All fields in which what was stored differs from what was derived, in the order of the fields. */
export function differences(stored: unknown, derived: unknown, path = ''): readonly Difference[] {
  if (isTree(stored) && isTree(derived) && Array.isArray(stored) === Array.isArray(derived)) {
    const keys = new Set([...Object.keys(stored), ...Object.keys(derived)])
    return [...keys].flatMap((key) => {
      const step = Array.isArray(stored) ? `[${key}]` : path === '' ? key : `.${key}`
      return differences(stored[key], derived[key], `${path}${step}`)
    })
  }
  return Object.is(stored, derived)
    ? []
    : [{ path, stored: shown(stored), derived: shown(derived) }]
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const SHOWN_MAX = 160

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}
