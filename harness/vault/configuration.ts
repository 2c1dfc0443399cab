import { type Product, products } from './product.ts'

/** The file that one node is started with. */
export type NodeConfiguration = {
  readonly product: Product
  readonly clusterName: string
  /** Equal to its Raft `node_id` and to its host name. */
  readonly node: string
  /** The pod's own address; all addresses together would include those of its links. */
  readonly ip: string
  readonly multiplier: number
  /** Absent: people unseal the node with key shares. */
  readonly seal?: KmsSeal | undefined
  /** Paths inside the container; absent: plain HTTP. */
  readonly tls?: NodeTls | undefined
  /** Used where the product takes audit devices from this file; see `auditBy`. */
  readonly auditFiles?: AuditFiles | undefined
  /**
   * Peers that the node asks by itself, every 2 s, for the cluster to join. Absent: it waits
   * for an explicit join, which saves up to one such pause per node.
   */
  readonly retryJoin?: readonly string[]
  /** The listener makes root tokens from key shares, where that has to be said. */
  readonly rootToken?: 'by-shares' | undefined
  /** Absent: 500 ms each, so that a joined node votes soon. */
  readonly autopilot?: 'default'
  readonly logLevel?: 'trace' | 'debug' | 'info'
}

/** File audit devices: name → path inside the container, which may be that of a pipe. */
export type AuditFiles = Readonly<Record<string, string>>

export type KmsSeal = {
  readonly region: string
  readonly keyId: string
  readonly endpoint: string
  /** Of the emulator, which checks neither; real credentials do not belong here. */
  readonly accessKey: string
  readonly secretKey: string
}

export type NodeTls = {
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
  /** Clients must show a certificate of the same authority; health checks too. */
  readonly clientCertificates?: 'required'
}

/**
 * The node's configuration in HCL. Addresses are names: peers are stored as `cluster_addr`,
 * and each pod resolves them to its own links.
 */
export function nodeConfiguration(node: NodeConfiguration): string {
  const { dataPath, auditBy, rootTokenByShares } = products[node.product]
  const scheme = node.tls === undefined ? 'http' : 'https'
  return render([
    ['cluster_name', node.clusterName],
    // Vault ≥ 1.20 demands a value on Raft storage; OpenBao takes no other.
    ['disable_mlock', true],
    ['api_addr', `${scheme}://${node.node}:8200`],
    ['cluster_addr', `https://${node.node}:8201`],
    ['log_level', node.logLevel ?? 'info'],
    ['log_format', 'json'],
    block('storage "raft"', [
      ['path', dataPath],
      ['node_id', node.node],
      ['performance_multiplier', node.multiplier],
      ...(node.autopilot === 'default'
        ? []
        : [
            ['autopilot_reconcile_interval', '500ms'] as const,
            ['autopilot_update_interval', '500ms'] as const,
          ]),
      ...(node.retryJoin ?? []).map((peer) =>
        block('retry_join', [
          ['leader_api_addr', `${scheme}://${peer}:8200`],
          ...(node.tls === undefined ? [] : [['leader_ca_cert_file', node.tls.caFile] as const]),
        ]),
      ),
    ]),
    block('listener "tcp"', [
      ['address', `${node.ip}:8200`],
      ['cluster_address', `${node.ip}:8201`],
      ...tlsOfListener(node.tls),
      ...(node.rootToken === undefined || rootTokenByShares === 'always'
        ? []
        : [['disable_unauthed_generate_root_endpoints', false] as const]),
      // Only here does it also serve a sealed node; at the top level it is ignored (HLD:174).
      block('telemetry', [['unauthenticated_metrics_access', true]]),
    ]),
    ...(node.seal === undefined ? [] : [sealStanza(node.seal)]),
    block('telemetry', [
      // With the 30 s of HLD:172 a series is gone before an alert about it can fire.
      ['prometheus_retention_time', '24h'],
      ['disable_hostname', true],
    ]),
    ...(auditBy === 'config' ? auditStanzas(node.auditFiles ?? {}) : []),
  ])
}

const sealStanza = (seal: KmsSeal): Line =>
  block('seal "awskms"', [
    ['region', seal.region],
    ['kms_key_id', seal.keyId],
    ['endpoint', seal.endpoint],
    ['access_key', seal.accessKey],
    ['secret_key', seal.secretKey],
  ])

const auditStanzas = (files: AuditFiles): readonly Line[] =>
  Object.entries(files).map(([name, path]) =>
    block(`audit "file" "${name}"`, [block('options', [['file_path', path]])]),
  )

const tlsOfListener = (tls: NodeTls | undefined): readonly Line[] =>
  tls === undefined
    ? [['tls_disable', true]]
    : [
        ['tls_cert_file', tls.certFile],
        ['tls_key_file', tls.keyFile],
        ['tls_min_version', 'tls13'],
        ...(tls.clientCertificates === undefined
          ? []
          : [
              ['tls_require_and_verify_client_cert', true] as const,
              ['tls_client_ca_file', tls.caFile] as const,
            ]),
      ]

type Attribute = readonly [name: string, value: string | number | boolean]
type Block = { readonly header: string; readonly lines: readonly Line[] }
type Line = Attribute | Block

const block = (header: string, lines: readonly Line[]): Block => ({ header, lines })

function render(lines: readonly Line[], indent = ''): string {
  return lines
    .map((line) =>
      'header' in line
        ? `${indent}${line.header} {\n${render(line.lines, `${indent}  `)}${indent}}\n`
        : `${indent}${line[0]} = ${JSON.stringify(line[1])}\n`,
    )
    .join('')
}
