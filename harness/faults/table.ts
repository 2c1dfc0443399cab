import type { FaultKind } from './fault.ts'

/** The table of docs/faults.md, from the kinds themselves: it cannot say what they do not do. */
export function faultTable(kinds: readonly FaultKind[]): string {
  const families = [...new Set(kinds.map(({ family }) => family))]
  return families
    .flatMap((family) => [
      `## ${TITLES[family]}`,
      '',
      '| fault | aimed at | does | seen by | cannot show | asked for by |',
      '|---|---|---|---|---|---|',
      ...kinds.filter((kind) => kind.family === family).map(row),
      '',
    ])
    .join('\n')
}

const TITLES: Readonly<Record<FaultKind['family'], string>> = {
  process: 'Processes',
  host: 'Hosts',
  leadership: 'Leadership',
  network: 'Network',
  kms: 'KMS and seal',
  objects: 'Object store',
  data: 'Data',
  disk: 'Disks',
  balancer: 'Balancer',
  names: 'Names',
  certificates: 'Certificates',
  audit: 'Audit devices',
}

function row(kind: FaultKind): string {
  const parameters = Object.entries(kind.parameters).map(
    ([name, { default: value, says }]) => `\`${name}\` ${says} (${value})`,
  )
  const cells = [
    `\`${kind.name}\`${kind.final ? ' **final**' : ''}`,
    kind.targets.map((target) => `\`${target}\``).join(', '),
    [kind.does, ...parameters].join('; '),
    kind.witnessed,
    kind.cannotShow,
    kind.source,
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
