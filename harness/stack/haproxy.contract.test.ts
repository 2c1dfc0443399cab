import { afterAll, beforeAll, expect, test } from 'vitest'
import { milliseconds, seconds } from '../lib/duration.ts'
import { type Address, HttpTarget } from '../lib/http.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { type ThrowAway, throwAway } from '../throw-away.ts'
import type { Container } from './container.ts'
import { balancerConfiguration } from './haproxy.ts'

/** A node as far as a health check and a client can tell: who it is, and whether it leads. */
const NODE = `
import http.server, os
class Node(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        leads = open('/tmp/leads').read() == 'yes'
        body = os.environ['NODE'].encode()
        self.send_response(200 if leads or self.path != '/v1/sys/health' else 429)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('0.0.0.0', 8200), Node).serve_forever()
`

let place: ThrowAway
let nodes: readonly Container[]
let balancer: Address
beforeAll(async () => {
  place = await throwAway()
  const python = (await place.image('localstack')).reference
  nodes = await Promise.all([1, 2].map((n) => startNode(python, n)))
  const haproxy = await place.image('haproxy')
  const container = await place.container({
    name: 'balancer',
    image: haproxy.reference,
    entrypoint: haproxy.entrypoint,
    command: ['-W', '-db', '-f', '/drill/haproxy.cfg'],
    publish: [8200],
    files: [{ path: '/drill/haproxy.cfg', content: configuration() }],
  })
  await container.start()
  balancer = await place.dial(container, 8200)
})
afterAll(() => place?.remove())

const ipOf = (n: number) => place.network.address(16 + n)

async function startNode(image: string, n: number): Promise<Container> {
  const container = await place.container({
    name: `vault-${n}`,
    image,
    entrypoint: ['python3', '-c', NODE],
    env: { NODE: `vault-${n}` },
    network: { name: place.network.name, ip: ipOf(n) },
    files: [{ path: '/tmp/leads', content: 'no' }],
  })
  await container.start()
  return container
}

function configuration(): string {
  const backends = [1, 2].map((n) => ({
    name: `vault-${n}`,
    address: `${ipOf(n)}:8200`,
    servername: `vault-${n}`,
  }))
  return balancerConfiguration({ bind: ':8200', tls: false, backends })
}

/** Who answers a client of the balancer, over this connection or one of its own. */
async function answering(kept?: HttpTarget): Promise<string> {
  const target = kept ?? new HttpTarget(balancer)
  try {
    const within = milliseconds(500)
    return (await target.request({ method: 'GET', path: '/', within })).body.toString()
  } finally {
    if (kept === undefined) await target.close()
  }
}

const isServedBy = (node: string, kept?: HttpTarget) =>
  until(
    `clients are served by ${node}`,
    async () => {
      const seen = await answering(kept)
      return seen === node ? happened(seen) : notYet(seen)
    },
    { within: seconds(5), every: milliseconds(20) },
  )

/** A file in the node says whether it leads. */
const setLeads = (n: number, leads: 'yes' | 'no') =>
  nodes[n - 1]?.put([{ path: '/tmp/leads', content: leads }])

test('nobody is served while no node says that it leads', async () => {
  await expect(answering()).rejects.toThrow()
})

test('clients are served by the node that says so', async () => {
  await setLeads(2, 'yes')
  await isServedBy('vault-2')
})

test('a node that steps down loses its clients, though it still answers', async () => {
  const kept = new HttpTarget(balancer)
  expect(await answering(kept)).toBe('vault-2')
  await setLeads(2, 'no')
  await setLeads(1, 'yes')
  // Over the connection it had, vault-2 would answer for ever: it was closed.
  await isServedBy('vault-1', kept)
  await kept.close()
})

test('when the leader dies, clients are served by the next one within 2 s', async () => {
  await setLeads(2, 'yes')
  const killedMs = performance.now()
  await nodes[0]?.signal('SIGKILL')
  await isServedBy('vault-2')
  expect(performance.now() - killedMs).toBeLessThan(2000)
})
