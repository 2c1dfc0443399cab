import { formatLimit } from '../objectives/bracket.ts'
import { formatMs, formatReading } from '../objectives/load-measure.ts'
import type { JudgedObjective, Verdict, VerdictWord } from '../objectives/verdict.ts'
import { nameOf, sayClaim, sayHeld, sayObjective, sloLabel, WORDS } from './wording.ts'

/** How a piece of text is set off; the caller decides whether that means colour. */
export type Palette = {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly doubt: (text: string) => string
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
}

const same = (text: string): string => text
/** For a pipe, and for `NO_COLOR`. */
export const plain: Palette = { good: same, bad: same, doubt: same, dim: same, strong: same }

/**
 * A scenario's verdict for a terminal: the plan, what happened when, the numbers, the word.
 * @param directory where its files are, as the user would type it
 */
export function summaryLines(
  verdict: Verdict,
  directory: string,
  palette: Palette = plain,
): readonly string[] {
  return [
    planLine(verdict),
    ...eventLines(verdict, palette),
    ...loadLines(verdict, palette),
    ...numberLines(verdict, palette),
    ...claimLines(verdict, palette),
    ...verdictLines(verdict, directory, palette),
  ]
}

function planLine(verdict: Verdict): string {
  const { product, version, multiplier, seed, faults, objectives } = verdict
  const broken = faults.map(({ name, target }) => `${name} ${target}`)
  const promised = objectives.map(({ kind, id, limit, unit }) => {
    if (kind === 'rto') return `RTO ≤ ${formatLimit(limit)}`
    if (kind === 'rpo') return unit === 'ms' ? `RPO ≤ ${formatLimit(limit)}` : `RPO ${limit}`
    if (kind === 'consistency') return id
    if (kind === 'slo') {
      return `${sloLabel(id)} ≤ ${formatReading(unit === 'share' ? 'errors' : 'p99', limit)}`
    }
    return kind === 'no-outage' ? 'no outage' : `${limit} checks (${id})`
  })
  const what = [broken.join(', '), promised.join(', ')].filter((text) => text !== '').join('; ')
  return `plan  ${nameOf(verdict)}  ${product} ${version}  M${multiplier}  seed ${seed}  ${what}`.trimEnd()
}

function eventLines(verdict: Verdict, { bad, dim }: Palette): readonly string[] {
  const lines: string[] = []
  const { steady, faults, phases, stable, writes } = verdict
  if (steady !== null && writes !== null) {
    lines.push(event('steady', steady.ms, `${steady.acknowledged} writes acknowledged`))
  }
  const first = faults[0]?.issued ?? 0
  for (const { name, target, issued, witness } of faults) {
    const seen = witness === null ? bad('no witness') : `witness: ${witness}`
    const after = issued === null ? null : (issued - first) / 1_000_000
    lines.push(event('fault', after, `${name} ${target}   ${dim(seen)}`))
  }
  for (const { name, endedMs, detail } of phases) {
    if (name === 'elected') lines.push(event('recovery', endedMs, detail))
  }
  const end = phases.at(-1)?.endedMs
  if (end !== undefined && stable !== null) {
    lines.push(event('stable', end, `then ${formatLimit(stable.holdDownMs)} without a bad answer`))
  }
  return lines
}

const event = (name: string, ms: number | null, what: string): string =>
  `  ${name.padEnd(9)} ${ms === null ? '     –' : `${(ms / 1000).toFixed(1).padStart(5)} s`}  ${what}`

/** One line per phase of each load. */
function loadLines({ loads = [] }: Verdict, { bad, dim }: Palette): readonly string[] {
  return loads.flatMap(({ load, model, phases }) =>
    phases.flatMap(({ phase, seconds, longestGapMs, dropped, ops }) => {
      const [all] = ops
      if (all === undefined) return []
      const { count, failed, ratePerS, latencyMs } = all
      const share = `${formatReading('errors', count === 0 ? 0 : failed / count)} failed`
      const parts = [
        `${count} requests, ${ratePerS.toFixed(1)}/s`,
        `p50 ${formatMs(latencyMs.p50)}`,
        `p99 ${formatMs(latencyMs.p99)}`,
        failed > 0 ? bad(share) : share,
        `longest gap ${formatMs(longestGapMs)}`,
        ...(dropped > 0 ? [bad(`${dropped} never sent`)] : []),
      ]
      const name = model === 'open' ? phase : `${phase} ${dim(`(closed ${load})`)}`
      return [event('load', 1000 * seconds, `${name}: ${parts.join(', ')}`)]
    }),
  )
}

function numberLines(verdict: Verdict, palette: Palette): readonly string[] {
  if (verdict.objectives.length === 0) return []
  const said = verdict.objectives.map((objective) => {
    const { label, measured, limit, verdict: word } = sayObjective(objective, verdict)
    const text = [label, measured, limit].filter((part) => part !== '').join(' ')
    return `${text} ${shade(objective, palette)(word)}`
  })
  return [said.join(' | ')]
}

const shade = ({ verdict, expectedMiss, atRisk }: JudgedObjective, palette: Palette) => {
  if (verdict === 'missed') return expectedMiss ? palette.good : palette.bad
  return verdict === 'met' && !atRisk ? palette.good : palette.doubt
}

function claimLines({ claims }: Verdict, { doubt, dim }: Palette): readonly string[] {
  return claims.map((claim) => {
    const { source, says, held } = claim
    const { measured } = sayClaim(claim)
    const word = held === true ? sayHeld(held) : doubt(sayHeld(held))
    const took = measured === undefined ? '' : `, measured ${measured}`
    return `${dim('claim')} ${source} "${says}" ${word}${took}`
  })
}

function verdictLines(verdict: Verdict, directory: string, palette: Palette): readonly string[] {
  const word = shadeOf(verdict.verdict, palette)(palette.strong(WORDS[verdict.verdict]))
  if (verdict.verdict === 'passed') return [`${word}  ${directory}`]
  const lines = [`${word}  ${nameOf(verdict)}: ${verdict.why}`]
  if (verdict.verdict !== 'skipped') {
    lines.push(`${palette.dim('files')} ${directory}`, `${palette.dim('repro')} ${verdict.repro}`)
  }
  return lines
}

const shadeOf = (word: VerdictWord, palette: Palette): ((text: string) => string) => {
  if (word === 'passed') return palette.good
  return word === 'failed' ? palette.bad : palette.doubt
}
