import { CREDENTIALS } from '../aws/emulator.ts'
import type { ClusterParts } from './cluster.ts'
import type { OperatorShell } from './operator-shell.ts'
import { API_PORT } from './topology.ts'

/** Of the addresses that a cluster has, the first that no pod takes. */
const AFTER_OPERATOR = 1

export type DesignOptions = {
  /** What the design has for the n-th node, from 1. */
  readonly configuration: (
    n: number,
    seal: { readonly keyId: string; readonly endpoint: string },
  ) => string
  /** Settings that the server does not start without. */
  readonly besides: string
}

/**
 * Three servers beside the cluster, in containers as HLD:197-312 has them: a network of their
 * own names, no links, plain HTTP, the data volume at `/vault/data`. The operator's shell finds
 * them as `DRILL_NODE_1` to `3` then. They go when the cluster does.
 */
export async function startDesignServers(
  { ground, holdings, topology, serverSpec, aws }: ClusterParts,
  shell: OperatorShell,
  { configuration, besides }: DesignOptions,
): Promise<void> {
  const ips = [0, 1, 2].map((i) => later(topology.operator.ip, AFTER_OPERATOR + i))
  const hosts = [...ips.map((ip, i) => `vault-${i + 1}:${ip}`), `kms:${aws.inside.host}`]
  const { server } = ground.images
  const { keyId, endpoint } = serverSpec.seal
  for (const [i, ip] of ips.entries()) {
    const n = i + 1
    const container = await holdings.container({
      name: `design-${n}`,
      image: server.reference,
      ...(server.entrypoint === undefined ? {} : { entrypoint: server.entrypoint }),
      command: ['server', '-config=/vault/config'],
      hostname: `vault-${n}`,
      network: { name: ground.network, ip },
      hosts,
      env: {
        VAULT_API_ADDR: `http://vault-${n}:${API_PORT}`,
        VAULT_CLUSTER_ADDR: `http://vault-${n}:8201`,
        VAULT_RAFT_NODE_ID: `vault-${n}`,
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        AWS_REGION: 'us-east-1',
      },
      volumes: { [await holdings.volume(`design-${n}`)]: '/vault/data' },
      files: [
        { path: '/vault/config/vault.hcl', content: configuration(n, { keyId, endpoint }) },
        { path: '/vault/config/besides.hcl', content: besides },
        { path: '/tmp/.folder', content: '' },
      ],
    })
    await container.start()
  }
  const named = ips.map((ip, i) => `DRILL_NODE_${i + 1}=http://${ip}:${API_PORT}`)
  await shell.mustType(`export ${named.join(' ')} DRILL_FIRST=http://vault-1:${API_PORT}
for each in $DRILL_NODE_1 $DRILL_NODE_2 $DRILL_NODE_3; do
  curl -s --retry 60 --retry-delay 1 --retry-connrefused -o /dev/null $each/v1/sys/health
done`)
}

/** The n-th address after this one; those of a cluster are 16 in a row. */
function later(ip: string, n: number): string {
  const parts = ip.split('.').map(Number)
  return [...parts.slice(0, 3), (parts[3] ?? 0) + n].join('.')
}
