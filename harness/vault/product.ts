import { type Duration, seconds } from '../lib/duration.ts'

export type Product = 'vault' | 'openbao'

/**
 * What differs between HashiCorp Vault (community edition) and OpenBao, as data. Everything
 * else in the harness treats them alike. Checked on Vault 1.21.0 and OpenBao 2.6.2.
 */
export type ProductFacts = {
  /** As people write it. */
  readonly title: string
  /** The server and its command line, one program. */
  readonly binary: string
  /** Prefix of its environment variables; OpenBao also reads `VAULT_`, after its own. */
  readonly variablePrefix: string
  /** The only directory its public image prepares for data (HLD:126 names another). */
  readonly dataPath: string
  /** `local`: a standby answers reads from its own copy, which may lag behind. */
  readonly standbyReads: 'local' | 'forwarded'
  /** `config`: the API refuses to create audit devices, a stanza in the node's file does it. */
  readonly auditBy: 'api' | 'config'
  /**
   * How long a running server waits for a KMS that says nothing before it gives up; `undefined`:
   * longer than anybody looked (77 s in a failover, 30 s in a snapshot).
   */
  readonly kmsPatience: Duration | undefined
  /** Any of these in a node's environment would silently overrule the endpoint in its file. */
  readonly kmsEndpointVariables: readonly string[]
  /** All statuses that `sys/health` can have in this product. */
  readonly healthCodes: readonly number[]
  /** Fields that RB:574-584 shows and this product's `sys/health` does not have. */
  readonly absentHealthFields: readonly string[]
  /** Field of `sys/seal-status` that tells when the server was built. */
  readonly builtField: 'build_date' | 'commit_date'
  /** Where recovery keys are rotated; the other product's path is unknown or switched off. */
  readonly recoveryKeysPath: string
  /** The same for key shares that unseal. */
  readonly unsealKeysPath: string
  /**
   * Whether a root token is made from key shares as the server is installed; where not, its
   * listener has to be told (`disable_unauthed_generate_root_endpoints = false`).
   */
  readonly rootTokenByShares: 'always' | 'if configured'
}

const vault: ProductFacts = {
  title: 'HashiCorp Vault',
  binary: 'vault',
  variablePrefix: 'VAULT_',
  dataPath: '/vault/file',
  standbyReads: 'forwarded',
  auditBy: 'api',
  kmsPatience: seconds(10), // a failover with a silent KMS took 12.0 s
  kmsEndpointVariables: ['AWSKMS_ENDPOINT', 'AWS_KMS_ENDPOINT'],
  healthCodes: [200, 429, 472, 473, 474, 500, 501, 503, 530],
  absentHealthFields: [],
  builtField: 'build_date',
  recoveryKeysPath: 'sys/rekey-recovery-key',
  unsealKeysPath: 'sys/rekey',
  rootTokenByShares: 'always',
}

const openbao: ProductFacts = {
  title: 'OpenBao',
  binary: 'bao',
  variablePrefix: 'BAO_',
  dataPath: '/openbao/file',
  standbyReads: 'local',
  auditBy: 'config',
  kmsPatience: undefined,
  kmsEndpointVariables: ['AWS_KMS_ENDPOINT'],
  healthCodes: [200, 429, 500, 501, 503],
  absentHealthFields: ['performance_standby'],
  builtField: 'commit_date',
  recoveryKeysPath: 'sys/rotate/recovery',
  unsealKeysPath: 'sys/rotate/root',
  rootTokenByShares: 'if configured',
}

export const products: Readonly<Record<Product, ProductFacts>> = { vault, openbao }
