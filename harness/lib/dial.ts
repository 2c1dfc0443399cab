import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'

export type Address = { readonly host: string; readonly port: number }

export type Tls = {
  /** PEM of the only authority that is trusted. */
  readonly ca: string
  /** The name the certificate must carry; the address may be an IP. */
  readonly servername: string
}

/**
 * Gives a function that opens one connection to the address. The authority is parsed once here
 * and not for each connection: that would cost more than the handshake.
 * @param resume whether later TLS connections may resume the session of earlier ones.
 */
export function dialler(
  { host, port }: Address,
  tls: Tls | undefined,
  resume: boolean,
): () => Socket {
  const address = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }
  if (tls === undefined) return () => connectTcp(address)
  const secureContext = createSecureContext({ ca: tls.ca })
  let session: Buffer | undefined
  return () => {
    const socket = connectTls({
      ...address,
      secureContext,
      servername: tls.servername,
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      ...(session === undefined ? {} : { session }),
    })
    if (resume) {
      socket.on('session', (ticket) => {
        session = ticket
      })
    }
    return socket
  }
}
