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
}

/**
 * How nodes are checked. HAProxy's defaults (2 s, fall 3, rise 2) cost 2.3 s of every failover. A
 * check has no more time for its TLS handshake than its interval, so an interval of 100 ms took
 * healthy leaders out on a busy host, and every drop made all clients shake hands again. This
 * way a node that leads is given 500 ms and a second chance, a killed one is out within 700 ms,
 * which is before another can lead at multiplier 1 (0.86 s), and a new leader is in within 100 ms.
 */
const CHECKS =
  'check inter 500ms fastinter 200ms downinter 100ms fall 2 rise 1 on-marked-down shutdown-sessions'

/**
 * Retries are off: one request of a client is one request at a node, or a write could count twice.
 * After a reload the worker before has 100 ms to finish, so that what the file says is soon true
 * of every connection.
 */
export function balancerConfiguration({ bind, backends, tls }: BalancerOptions): string {
  const servers = backends.map(({ name, address, servername }) => {
    const secured = tls ? ` check-ssl verify none check-sni ${servername}` : ''
    return `    server ${name} ${address} ${CHECKS}${secured}`
  })
  return `global
    log stdout format raw local0 notice
    maxconn 4000
    hard-stop-after 100ms

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

/** Where the configuration is in the balancer's container. */
export const CONFIGURATION = '/drill/haproxy.cfg'

/** A server line: its beginning, name, address, and the rest, which is how it is checked. */
const SERVER = /^( +server )(\S+) (\S+)(.*)$/gm

/** The same without health checks: every node counts as good, dead, sealed or standby. */
export const withoutChecks = (configuration: string): string =>
  configuration.replace(SERVER, '$1$2 $3')

/** The same with this one node only. */
export const withOnly = (configuration: string, node: string): string =>
  configuration.replace(SERVER, (line, _begin, name) => (name === node ? line : `    # ${name}`))

/** The same with all nodes at an address where nobody listens. */
export const withNobody = (configuration: string): string =>
  configuration.replace(SERVER, `$1$2 ${NOBODY}$4`)

/** Of the balancer's own namespace, like its links; the port is the API's. */
const NOBODY = '127.0.1.250:8200'
