import type { Authority } from '../lib/certificates.ts'
import type { ArchiveFile } from '../stack/archive.ts'
import type { Container } from '../stack/container.ts'
import { VaultClient } from '../vault/client.ts'
import { type KmsSeal, nodeConfiguration } from '../vault/configuration.ts'
import { type Product, products } from '../vault/product.ts'
import { AUDIT_FOLDER, auditFilesOf, type DiskOf, makeDisks, SECOND_AUDIT_FOLDER } from './disks.ts'
import { type Ground, type Holdings, type Pod, reach } from './ground.ts'
import type { ClusterNeeds } from './needs.ts'
import { Node } from './node.ts'
import { KEPT, TLS_FOLDER } from './node-certificate.ts'
import { API_PORT, type PodPlan } from './topology.ts'

export type ServerSpec = {
  readonly product: Product
  readonly clusterName: string
  readonly multiplier: number
  readonly seal: KmsSeal
  readonly needs: ClusterNeeds
  /** Absent: plain HTTP. */
  readonly authority?: Authority | undefined
  readonly retryJoin?: readonly string[]
  readonly autopilot?: 'default'
  readonly clientCertificates?: 'required'
  /** Whose name and certificate it has; absent: those of its pod. */
  readonly node?: string
  /** The volume that is its disk already; absent: it gets an empty one. */
  readonly disk?: string
}

/** Where a node's files are in its container, whatever image it came from. */
const CONFIGURATION = '/drill/config.hcl'

/** Puts a server into a pod, with an empty disk unless it has one, and starts it. */
export async function startServer(
  ground: Ground,
  holdings: Holdings,
  pod: Pod,
  spec: ServerSpec,
): Promise<Node> {
  const { name, ip } = pod.plan
  const disks =
    spec.disk === undefined
      ? await makeDisks(ground, holdings, name, spec.needs)
      : { volume: spec.disk }
  const vault = await createServer(ground, holdings, pod, spec, disks)
  await vault.start()
  const address = await reach(ground, pod.container, ip, API_PORT)
  const client = new VaultClient({
    node: name,
    address,
    tls:
      spec.authority === undefined
        ? undefined
        : { ca: spec.authority.ca, servername: spec.node ?? name },
  })
  return new Node({
    name,
    pod: pod.container,
    vault,
    volume: disks.volume,
    auditVolume: disks.auditVolume,
    links: pod.links,
    address,
    client,
  })
}

/**
 * Another server with an empty disk in the node's place: what was there is removed with its data.
 * Name, address and configuration are the same; certificate and key are new.
 */
export async function replaceServer(
  ground: Ground,
  holdings: Holdings,
  { node, pod }: { readonly node: Node; readonly pod: Pod },
  spec: ServerSpec,
): Promise<void> {
  await holdings.discard(node.vault)
  // Somebody may have been about to do the same, and gone: the engine finished what they began.
  const begun = await holdings.found(node.name)
  if (begun !== undefined) await holdings.discard(begun)
  await holdings.discardVolume(node.volume)
  if (node.auditVolume !== undefined) await holdings.discardVolume(node.auditVolume)
  const disks = await makeDisks(ground, holdings, node.name, spec.needs)
  const vault = await createServer(ground, holdings, pod, spec, disks)
  node.takes(vault)
  await vault.start()
}

/** Another configuration for a server that keeps its disk; it is started anew with it. */
export async function reconfigureServer(
  { node, pod }: { readonly node: Node; readonly pod: Pod },
  spec: ServerSpec,
): Promise<void> {
  await node.vault.put([{ path: CONFIGURATION, content: configurationOf(pod.plan, spec) }])
  await node.restart()
}

function configurationOf(
  { name: place, ip }: PodPlan,
  { authority, node: name = place, ...spec }: ServerSpec,
): string {
  return nodeConfiguration({
    product: spec.product,
    clusterName: spec.clusterName,
    node: name,
    ip,
    multiplier: spec.multiplier,
    seal: spec.needs.seal === 'shamir' ? undefined : spec.seal,
    auditFiles: auditFilesOf(spec.needs),
    rootToken: spec.needs.rootToken,
    ...(authority === undefined
      ? {}
      : {
          tls: {
            certFile: `${TLS_FOLDER}/cert.pem`,
            keyFile: `${TLS_FOLDER}/key.pem`,
            caFile: `${TLS_FOLDER}/ca.pem`,
            ...(spec.clientCertificates === undefined
              ? {}
              : { clientCertificates: spec.clientCertificates }),
          },
        }),
    ...(spec.retryJoin === undefined ? {} : { retryJoin: spec.retryJoin }),
    ...(spec.autopilot === undefined ? {} : { autopilot: spec.autopilot }),
  })
}

async function createServer(
  { images }: Ground,
  holdings: Holdings,
  pod: Pod,
  spec: ServerSpec,
  disks: Omit<DiskOf, 'name'>,
): Promise<Container> {
  const { name: place, ip } = pod.plan
  const { product, authority, node: name = place } = spec
  const files: ArchiveFile[] = [
    { path: CONFIGURATION, content: configurationOf(pod.plan, spec) },
    // The images built from a single binary have no folders of their own.
    { path: `${AUDIT_FOLDER}/.folder`, content: '' },
    { path: `${SECOND_AUDIT_FOLDER}/.folder`, content: '' },
    { path: '/tmp/.folder', content: '' },
  ]
  if (authority !== undefined) {
    const { cert, key } = await authority.issue({
      name,
      dnsNames: [name, 'balancer', 'localhost'],
      ips: [ip, '127.0.0.1'],
    })
    files.push(
      { path: `${TLS_FOLDER}/cert.pem`, content: cert },
      { path: `${TLS_FOLDER}/key.pem`, content: key.reveal(), mode: 0o600 },
      { path: `${TLS_FOLDER}/ca.pem`, content: authority.ca },
      { path: KEPT, content: '', mode: 0o600 },
    )
  }
  return holdings.container({
    name: place,
    image: images.server.reference,
    ...(images.server.entrypoint === undefined ? {} : { entrypoint: images.server.entrypoint }),
    command: ['server', `-config=${CONFIGURATION}`],
    network: { of: pod.container },
    volumes: {
      [disks.volume]: products[product].dataPath,
      ...(disks.auditVolume === undefined ? {} : { [disks.auditVolume]: AUDIT_FOLDER }),
    },
    files,
  })
}
