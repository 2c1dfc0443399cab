import { X509Certificate } from 'node:crypto'
import type { CertificateRequest, IssuedCertificate } from '../lib/certificates.ts'
import { type Container, statusOf } from '../stack/container.ts'

/** The certificate that a node shows to its clients, as files in its container. */

/** Where a node's TLS files are in its container, whatever image it came from. */
export const TLS_FOLDER = '/drill/tls'
const CERTIFICATE = `${TLS_FOLDER}/cert.pem`
const KEY = `${TLS_FOLDER}/key.pem`
/**
 * Empty, unless somebody replaced the node's certificate for a while: then it holds the one
 * before, key included. It is there from the start, so that nothing is left behind afterwards.
 */
export const KEPT = `${TLS_FOLDER}/kept.json`

type Kept = {
  readonly cert: string
  readonly key: string
  /** Fingerprint of the certificate that took its place. */
  readonly replacedBy: string
}

/** What a certificate has to say that takes the place of the present one: the same names. */
export async function presentNames(server: Container): Promise<CertificateRequest> {
  const present = new X509Certificate(await server.read(CERTIFICATE))
  const names = present.subjectAltName?.split(', ') ?? []
  const after = (prefix: string) =>
    names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  return {
    name: present.subject.replace(/^CN=/, ''),
    dnsNames: after('DNS:'),
    ips: after('IP Address:'),
  }
}

/** Replaces certificate and key; the server goes on with the ones that it has read. */
export async function installCertificate(
  server: Container,
  { cert, key }: IssuedCertificate,
): Promise<void> {
  await putPair(server, { cert, key: key.reveal() })
}

/** Has the running server read its files again; connections that are open stay open. */
export async function reloadCertificate(server: Container): Promise<void> {
  if ((await server.state()).running) await server.signal('SIGHUP')
}

/** The same, but for a while: what was there is kept in the container, the first one only. */
export async function replaceForAWhile(
  server: Container,
  issued: IssuedCertificate,
): Promise<void> {
  const before = (await readKept(server)) ?? {
    cert: await server.read(CERTIFICATE),
    key: await server.read(KEY),
  }
  const kept: Kept = { ...before, replacedBy: fingerprintOf(issued.cert) }
  await server.put([{ path: KEPT, content: JSON.stringify(kept), mode: 0o600 }])
  await installCertificate(server, issued)
  await reloadCertificate(server)
}

/**
 * Undoes it; twice is harmless. A certificate that somebody has renewed meanwhile is left alone.
 * The kept one goes last: who dies in between can begin again.
 */
export async function putBack(server: Container): Promise<void> {
  const kept = await readKept(server)
  if (kept === undefined) return
  if (fingerprintOf(await server.read(CERTIFICATE)) === kept.replacedBy) {
    await putPair(server, kept)
  }
  await reloadCertificate(server)
  await server.put([{ path: KEPT, content: '', mode: 0o600 }])
}

export const keepsAnother = async (server: Container): Promise<boolean> =>
  (await readKept(server)) !== undefined

const putPair = (server: Container, { cert, key }: Pick<Kept, 'cert' | 'key'>): Promise<void> =>
  server.put([
    { path: CERTIFICATE, content: cert },
    { path: KEY, content: key, mode: 0o600 },
  ])

async function readKept(server: Container): Promise<Kept | undefined> {
  const text = await server.read(KEPT).catch((error) => {
    if (statusOf(error) === 404) return ''
    throw error
  })
  return text === '' ? undefined : (JSON.parse(text) as Kept)
}

const fingerprintOf = (cert: string): string => new X509Certificate(cert).fingerprint256
