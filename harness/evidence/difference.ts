/** One field in which two JSON values differ. */
export type Difference = {
  readonly path: string
  readonly stored: string
  readonly derived: string
}

/**
 * All fields in which what was stored differs from what was derived, in the order of the fields.
 * @param later names of fields at the top that an older version did not store: missing ones are
 * no difference
 */
export function differences(
  stored: unknown,
  derived: unknown,
  later: (field: string) => boolean = () => false,
): readonly Difference[] {
  return within(stored, derived, '', later)
}

function within(
  stored: unknown,
  derived: unknown,
  path: string,
  later: (field: string) => boolean,
): readonly Difference[] {
  if (isTree(stored) && isTree(derived) && Array.isArray(stored) === Array.isArray(derived)) {
    const keys = new Set([...Object.keys(stored), ...Object.keys(derived)])
    return [...keys].flatMap((key) => {
      const was = own(stored, key)
      if (was === undefined && later(key)) return []
      const step = Array.isArray(stored) ? `[${key}]` : path === '' ? key : `.${key}`
      return within(was, own(derived, key), `${path}${step}`, () => false)
    })
  }
  return Object.is(stored, derived)
    ? []
    : [{ path, stored: shown(stored), derived: shown(derived) }]
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** A file may well have a field of the name that every object inherits. */
const own = (tree: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(tree, key) ? tree[key] : undefined

const SHOWN_MAX = 160

function shown(value: unknown): string {
  const text = asJson(value)
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing'
  } catch (error) {
    if (error instanceof RangeError) return 'a tree too deep to be shown'
    throw error
  }
}
