import type { CallOptions, VaultClient } from './client.ts'

/** Series by name and labels, as the server's text has them: `vault_core_unsealed{cluster="a"}`. */
export type Metrics = ReadonlyMap<string, number>

/**
 * What a node tells of itself, and of its process; answered by standbys and sealed nodes too.
 * @throws {VaultError} where nobody without a token may ask (HLD:174). @throws {RequestFailed}
 */
export async function readMetrics(
  client: VaultClient,
  options: CallOptions = {},
): Promise<Metrics> {
  const chunks: Buffer[] = []
  const query = { format: 'prometheus' }
  await client.download('sys/metrics', (chunk) => chunks.push(chunk), { ...options, query })
  return parseMetrics(Buffer.concat(chunks).toString('utf8'))
}

/** The text format of Prometheus, as far as plain samples go; what is no number is left out. */
export function parseMetrics(text: string): Metrics {
  const samples = text.split('\n').flatMap((line) => {
    const { name, value } = SAMPLE.exec(line)?.groups ?? {}
    const number = Number(value)
    return name === undefined || Number.isNaN(number) ? [] : [[name, number] as const]
  })
  return new Map(samples)
}

/** A label's value may hold a blank or a brace. */
const SAMPLE = /^(?<name>[a-zA-Z_:][\w:]*(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?)\s+(?<value>\S+)/
