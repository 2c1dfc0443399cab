import { relative } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Cluster } from '../cluster/cluster.ts'
import type { ClusterNeeds } from '../cluster/needs.ts'
import {
  type Duration,
  formatDuration,
  hours,
  milliseconds,
  parseDuration,
} from '../lib/duration.ts'
import type { Raised } from '../sandbox.ts'
import type { Multiplier } from '../scenario.ts'
import { readSettings } from '../settings.ts'
import type { Product } from '../vault/product.ts'
import { confirmOnTerminal } from './confirm.ts'
import { stopOnSignals } from './signals.ts'

type Flags = {
  readonly product: 'auto' | Product
  readonly multiplier: '1' | '5'
  readonly tls: 'on' | 'off'
  readonly nodes: '3' | '5'
  readonly audit?: NonNullable<ClusterNeeds['audit']>
  readonly disk?: number
  readonly for: Duration
  readonly offline: boolean
  readonly json: boolean
}

/** A token of the cluster lives that long, and its certificates twice as long. */
const LONGEST = hours(24)

/** `up`: a stack that stays, to be used by hand. */
export function upCommand(): Command {
  return new Command('up')
    .description('start a stack that stays: status, inject, heal and down work on it')
    .addOption(
      new Option('--product <product>', 'which server')
        .choices(['auto', 'vault', 'openbao'])
        .default('auto'),
    )
    .addOption(
      new Option('--multiplier <n>', "Raft's performance_multiplier; 5 is the products' default")
        .choices(['1', '5'])
        .default('1'),
    )
    .addOption(new Option('--tls <state>', 'for debugging').choices(['on', 'off']).default('on'))
    .addOption(new Option('--nodes <n>', 'how many').choices(['3', '5']).default('3'))
    .addOption(
      new Option(
        '--audit <kind>',
        'another audit device: on a small disk, a pipe whose reader can be held up, or two of them',
      ).choices(['small', 'piped', 'two', 'piped-two']),
    )
    .option('--disk <MiB>', 'a data volume of this size, so that it can be filled', size)
    .option('--for <duration>', 'after that it may be swept', lasting, hours(8))
    .option('--offline', 'pull nothing', false)
    .option('--json', 'one JSON document on standard output', false)
    .action(async (flags: Flags) => {
      const settings = readSettings()
      const say = (line: string) => void process.stderr.write(`${line}\n`)
      const stopping = stopOnSignals(say, 'removing what was started')
      try {
        const { raise } = await import('../sandbox.ts')
        const before = performance.now()
        const raised = await raise({
          product: flags.product,
          multiplier: Number(flags.multiplier) as Multiplier,
          tls: flags.tls === 'on',
          needs: needsOf(flags),
          lasts: flags.for,
          offline: flags.offline || settings.offline,
          settings,
          signal: stopping.signal,
          say,
          confirm: confirmOnTerminal,
        })
        say(`ready in ${formatDuration(milliseconds(performance.now() - before))}`)
        if (flags.json) print(JSON.stringify(asJson(raised), null, 2))
        else for (const line of lines(raised)) print(line)
      } finally {
        stopping.forget()
      }
    })
}

const needsOf = ({ nodes, audit, disk }: Flags): ClusterNeeds => ({
  ...(nodes === '5' ? { nodes: 5 } : {}),
  ...(audit === undefined ? {} : { audit }),
  ...(disk === undefined ? {} : { dataMiB: disk }),
})

const urlOf = (cluster: Cluster, { host, port }: { host: string; port: number }) =>
  `${cluster.authority === undefined ? 'http' : 'https'}://${host}:${port}`

function asJson({ entry, cluster, files }: Raised) {
  return {
    stack: entry.run,
    product: cluster.product,
    expires: entry.expires,
    balancer: urlOf(cluster, cluster.probeTargets.balancer.address),
    nodes: cluster.nodes.map(({ name, address, vault }) => ({
      name,
      address: urlOf(cluster, address),
      container: vault.name,
    })),
    tokenFile: files.token,
    ...(files.ca === undefined ? {} : { caFile: files.ca }),
  }
}

function lines(raised: Raised): readonly string[] {
  const { stack, expires, balancer, nodes, tokenFile, caFile } = asJson(raised)
  const path = (file: string) => relative(process.cwd(), file)
  return [
    `stack ${stack}: ${raised.entry.what}; kept until ${expires}`,
    `  balancer  ${balancer}`,
    ...nodes.map(
      ({ name, address, container }) => `  ${name.padEnd(8)}  ${address}  container ${container}`,
    ),
    `  token     ${path(tokenFile)} (every right; only you can read the file)`,
    'to use it from a shell:',
    `  export VAULT_ADDR=${balancer} VAULT_TOKEN=$(cat ${path(tokenFile)})`,
    ...(caFile === undefined
      ? []
      : [`  export VAULT_CACERT=${path(caFile)} VAULT_TLS_SERVER_NAME=balancer`]),
    'then: ./drill status, ./drill inject <fault>, ./drill heal, ./drill down',
  ]
}

function size(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('it is not a number above 0')
  return n
}

function lasting(text: string): Duration {
  try {
    const length = parseDuration(text)
    if (length.ms > 0 && length.ms <= LONGEST.ms) return length
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
  throw new InvalidArgumentError(`a stack is kept for at most ${LONGEST.ms / 3_600_000} h`)
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
