import { formatMs, formatReading } from '../objectives/load-measure.ts'
import type { LoadSeen } from '../objectives/load-seen.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { connectedOf, errorsOf, quantileOf } from './report-load.ts'
import { comparisonOf } from './report-models.ts'

const HEAD =
  '| phase | operation | requests | per s | failed | errors | p50 | p90 | p99 | p99.9 | connected anew | longest gap |'

/** What every load met, as tables of Markdown. */
export function loadTables(verdict: Verdict): readonly string[] {
  const { loads = [] } = verdict
  const compared = comparisonOf(verdict)
  return [...loads.flatMap(tableOf), ...(compared === undefined ? [] : [compared.says, ''])]
}

function tableOf(load: LoadSeen): readonly string[] {
  const rows = load.phases.flatMap(({ phase, longestGapMs, dropped, ops }) =>
    ops.map((op, i) => {
      const share = formatReading('errors', op.count === 0 ? 0 : op.failed / op.count)
      const cells = [
        i === 0 ? phase : '',
        op.op,
        op.count,
        op.ratePerS.toFixed(1),
        share,
        errorsOf(op, i === 0 ? dropped : 0),
        quantileOf(op, 'p50'),
        quantileOf(op, 'p90'),
        quantileOf(op, 'p99'),
        quantileOf(op, 'p999'),
        connectedOf(op),
        i === 0 ? formatMs(longestGapMs) : '',
      ]
      return `| ${cells.join(' | ')} |`
    }),
  )
  const { reachedPerS, askedPerS, documentedPerS, cpuShare, dropped } = load
  const rate =
    reachedPerS === null || askedPerS === null
      ? []
      : [`${reachedPerS.toFixed(1)} iterations/s reached of ${askedPerS.toFixed(1)} asked for`]
  const cpu = cpuShare === null ? [] : [`${(100 * cpuShare).toFixed(0)} % of the CPUs`]
  const less = documentedPerS === undefined ? [] : [`the document has ${documentedPerS.toFixed(1)}`]
  const lost = dropped > 0 ? [`${dropped} never sent`] : []
  const about = [`${load.model} model`, ...rate, ...less, ...cpu, ...lost].join(', ')
  return [
    `**Load ${load.load}** (${about})`,
    '',
    HEAD,
    '|-|-|-:|-:|-:|-|-:|-:|-:|-:|-:|-:|',
    ...rows,
    '',
  ]
}
