/** HAProxy's configuration: TCP through to whichever node says that it leads. */

export type BalancerBackend = {
  readonly name: string
  /** `host:port` as HAProxy dials it. */
  readonly address: string
  /** The name in the node's certificate. */
  readonly servername: string
}

export type BalancerOptions = {
  readonly bind: string
  readonly backends: readonly BalancerBackend[]
  readonly tls: boolean
  /** Milliseconds between two health checks of one node. */
  readonly checkEveryMs?: number
}

/**
 * Two failed checks take a node out and close its connections, one good one takes it in: with
 * HAProxy's defaults (2 s, fall 3, rise 2) the balancer alone costs 2.3 s of every failover.
 * With one failed check it took healthy leaders out on a busy host: the TLS handshake of a check
 * has no more time than one interval, and every drop makes all clients shake hands again.
 * Retries are off: one request of a client is one request at a node, or a write could count twice.
 */
export function balancerConfiguration({
  bind,
  backends,
  tls,
  checkEveryMs = 100,
}: BalancerOptions): string {
  const check = `check inter ${checkEveryMs}ms downinter ${checkEveryMs / 2}ms fall 2 rise 1 on-marked-down shutdown-sessions`
  const servers = backends.map(({ name, address, servername }) => {
    const secured = tls ? ` check-ssl verify none check-sni ${servername}` : ''
    return `    server ${name} ${address} ${check}${secured}`
  })
  return `global
    log stdout format raw local0 notice
    maxconn 4000

defaults
    mode tcp
    log global
    retries 0
    timeout connect 1s
    timeout check 900ms
    timeout client 1m
    timeout server 1m

frontend vault
    bind ${bind}
    default_backend leader

backend leader
    option httpchk
    http-check send meth GET uri /v1/sys/health
    http-check expect status 200
${servers.join('\n')}
`
}
