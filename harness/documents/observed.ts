import type { Documented, TypedStep } from './block.ts'

/** What a typed step really came to. */
export type Ran = {
  readonly exitCode: number
  readonly output: string
  /** Answer to what was looked at after it. */
  readonly seen?: string | undefined
}

const KEPT_LINES = 2
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal's colour begins with
const COLOUR = /\u001b\[[\d;]*m/g

/** The outcome in one line, equal from run to run; what differs by nature has a name in brackets. */
export function observed(ran: Ran, { telling }: Pick<TypedStep, 'telling'>): string {
  const said = tellingLines(ran.output, telling).map(settled).join(' · ')
  const seen = ran.seen === undefined ? '' : `; then: ${settled(lastLine(ran.seen))}`
  return `exit ${ran.exitCode}${said === '' ? '' : `: ${said}`}${seen}`
}

/** Whether the document's own expectation was met. */
export const isAsDocumented = (ran: Ran, { exit = 0, says, saysNot, looks }: Documented): boolean =>
  ran.exitCode === exit &&
  (says === undefined || says.test(ran.output)) &&
  (saysNot === undefined || !saysNot.test(ran.output)) &&
  (looks === undefined || looks.test((ran.seen ?? '').trim()))

function tellingLines(output: string, telling: RegExp | undefined): readonly string[] {
  const lines = linesOf(output)
  if (telling === undefined) return lines.slice(-KEPT_LINES)
  const told = lines.filter((line) => telling.test(line))
  return told.length === 0 ? lines.slice(-1) : told.slice(0, KEPT_LINES * 2)
}

const lastLine = (text: string): string => linesOf(text).at(-1) ?? ''

/** Colours of a terminal say nothing. */
const linesOf = (text: string): readonly string[] =>
  text
    .replace(COLOUR, '')
    .split(/[\n\r]/) // a line that is drawn over and over ends with a carriage return
    .map((line) => line.trim())
    .filter((line) => line !== '')

const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, '<id>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b\d{8}-\d{6}\b|\b\d{8}\b/g, '<time>'],
  [/\b\d{10,13}\b/g, '<number>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>'],
  [/\balphapulse-vault-unseal-\d+\b/g, 'alphapulse-vault-unseal'],
  [/\b[0-9a-f]{16,}\b/g, '<hex>'],
  [/\s+/g, ' '],
]

/** Without what no two runs have in common. */
export const settled = (text: string): string =>
  VARIABLE.reduce((left, [pattern, name]) => left.replace(pattern, name), text)
