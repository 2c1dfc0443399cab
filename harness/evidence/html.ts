/** HTML that is safe by construction: what a template inserts is escaped, unless it is HTML. */
export type Html = { readonly html: string }
type Insertable = Html | string | number | readonly Html[] | undefined | false

export function html(parts: TemplateStringsArray, ...values: readonly Insertable[]): Html {
  return {
    html: parts.map((part, i) => part + (i < values.length ? text(values[i]) : '')).join(''),
  }
}

function text(value: Insertable): string {
  if (value === undefined || value === false) return ''
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return 'html' in value ? value.html : value.map((item) => item.html).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (value: string): string => value.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c)
