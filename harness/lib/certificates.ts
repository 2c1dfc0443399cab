import assert from 'node:assert/strict'
import {
  createPrivateKey,
  createPublicKey,
  KeyObject,
  type webcrypto as WebCrypto,
  webcrypto,
} from 'node:crypto'
import { isIPv4 } from 'node:net'
import { wallClockMs } from './clock.ts'
import { type Duration, hours, minutes } from './duration.ts'
import { Secret } from './secret.ts'

/**
 * The certificate authority of one run. Its private key lives in this process only and dies
 * with it, so a leaked certificate of an old run opens nothing. Only a stack that is kept on
 * purpose keeps its key, where nobody but its user reads it.
 */
export type Authority = {
  /** The authority's certificate as PEM: all that a client has to trust. */
  readonly ca: string
  /** PKCS #8 as PEM: makes the same authority again. */
  readonly key: Secret
  readonly issue: (wanted: CertificateRequest) => Promise<IssuedCertificate>
}

export type CertificateRequest = {
  /** Common name, for people; clients compare the names and addresses below. */
  readonly name: string
  readonly dnsNames: readonly string[]
  /** IPv4. */
  readonly ips: readonly string[]
  readonly validFor?: Duration
}

export type IssuedCertificate = { readonly cert: string; readonly key: Secret }

/** Longer than any run, shorter than anyone keeps one. */
const LIFETIME = hours(48)
/** The clock of a Docker machine may lag behind the host's. */
const BACKDATED = minutes(10)
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A new authority with a fresh P-256 key. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const x509 = await loadLibrary()
  const keys = await newKeys()
  const usage = x509.KeyUsageFlags
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(LIFETIME),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(usage.keyCertSign | usage.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return authorityOf(x509, `${root.toString('pem')}\n`, keys)
}

/** The authority of a stack that was kept, from its certificate and key. */
export async function openAuthority(ca: string, key: Secret): Promise<Authority> {
  const privateKey = createPrivateKey(key.reveal())
  const keys = {
    privateKey: privateKey.toCryptoKey(ALGORITHM, true, ['sign']),
    publicKey: createPublicKey(privateKey).toCryptoKey(ALGORITHM, true, ['verify']),
  }
  return authorityOf(await loadLibrary(), ca, keys)
}

function authorityOf(
  x509: Awaited<ReturnType<typeof loadLibrary>>,
  ca: string,
  keys: WebCrypto.CryptoKeyPair,
): Authority {
  const usage = x509.KeyUsageFlags
  const issuer = new x509.X509Certificate(ca).subject
  const issue = async ({ name, dnsNames, ips, validFor = LIFETIME }: CertificateRequest) => {
    for (const ip of ips) assert.ok(isIPv4(ip), `"${ip}" is not an IPv4 address`)
    const own = await newKeys()
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity(validFor),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(usage.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']),
        new x509.SubjectAlternativeNameExtension([
          ...dnsNames.map((value) => ({ type: 'dns', value }) as const),
          ...ips.map((value) => ({ type: 'ip', value }) as const),
        ]),
        await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    return { cert: `${certificate.toString('pem')}\n`, key: privateKeyPem(own.privateKey) }
  }
  return { ca, key: privateKeyPem(keys.privateKey), issue }
}

/** Loaded late: with the reflection polyfill that it wants it takes 0.15 s. */
async function loadLibrary() {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

const validity = (length: Duration) => {
  const now = wallClockMs()
  return { notBefore: new Date(now - BACKDATED.ms), notAfter: new Date(now + length.ms) }
}

const newKeys = (): Promise<WebCrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

const privateKeyPem = (key: WebCrypto.CryptoKey): Secret =>
  new Secret(KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString())
