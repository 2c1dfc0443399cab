import { connect, type SecureVersion } from 'node:tls'
import { type Duration, seconds } from './duration.ts'
import type { Address } from './http.ts'
import type { Secret } from './secret.ts'

export type TlsClient = {
  readonly servername: string
  readonly ca: string
  readonly newest?: SecureVersion
  readonly certificate?: { readonly cert: string; readonly key: Secret }
  readonly within?: Duration
}

/**
 * What becomes of a TLS connection: `accepted TLSv1.3`, or `refused: <reason>`. A server of TLS
 * 1.3 refuses a client certificate only after the handshake, so one request is sent and an
 * answer counts.
 */
export function tlsHandshake(
  { host, port }: Address,
  { servername, ca, newest, certificate, within = seconds(5) }: TlsClient,
): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      servername,
      ca,
      ...(newest === undefined ? {} : { maxVersion: newest }),
      ...(certificate === undefined
        ? {}
        : { cert: certificate.cert, key: certificate.key.reveal() }),
    })
    const end = (result: string) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(result)
    }
    const timer = setTimeout(() => end(`no answer within ${within.ms} ms`), within.ms)
    socket.once('secureConnect', () => {
      socket.write(
        `GET /v1/sys/health HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`,
      )
    })
    socket.once('data', () => end(`accepted ${socket.getProtocol()}`))
    socket.once('error', (error) =>
      end(`refused: ${(error as NodeJS.ErrnoException).code ?? error}`),
    )
    socket.once('close', () => end('refused: closed without an answer'))
  })
}

/**
 * Fingerprint (SHA-256) of the certificate that a server shows a new client now, whoever signed it.
 * @throws the system's error when there is no handshake.
 */
export function shownCertificate(
  { host, port }: Address,
  servername: string,
  within: Duration = seconds(5),
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername, rejectUnauthorized: false })
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no handshake within ${within.ms} ms`))
    }, within.ms)
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
  })
}
