import { expect, test } from 'vitest'
import { balancerConfiguration, withNobody, withOnly, withoutChecks } from './haproxy.ts'

const backends = [
  { name: 'vault-1', address: '127.0.1.1:8200', servername: 'vault-1' },
  { name: 'vault-2', address: '127.0.1.2:8200', servername: 'vault-2.corp' },
]

test('over TLS the checks speak TLS and name the node; clients are passed through', () => {
  expect(
    balancerConfiguration({ bind: '10.1.0.20:8200', backends, tls: true }),
  ).toMatchInlineSnapshot(`
    "global
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
        bind 10.1.0.20:8200
        default_backend leader

    backend leader
        option httpchk
        http-check send meth GET uri /v1/sys/health
        http-check expect status 200
        server vault-1 127.0.1.1:8200 check inter 500ms fastinter 200ms downinter 100ms fall 2 rise 1 on-marked-down shutdown-sessions check-ssl verify none check-sni vault-1
        server vault-2 127.0.1.2:8200 check inter 500ms fastinter 200ms downinter 100ms fall 2 rise 1 on-marked-down shutdown-sessions check-ssl verify none check-sni vault-2.corp
    "
  `)
})

test('without TLS only the checks differ', () => {
  const lines = (tls: boolean) =>
    balancerConfiguration({ bind: '10.1.0.20:8200', backends, tls }).split('\n')
  const secured = lines(true)
  const differing = lines(false).filter((line) => !secured.includes(line))
  expect(differing.join('\n')).toMatchInlineSnapshot(`
    "    server vault-1 127.0.1.1:8200 check inter 500ms fastinter 200ms downinter 100ms fall 2 rise 1 on-marked-down shutdown-sessions
        server vault-2 127.0.1.2:8200 check inter 500ms fastinter 200ms downinter 100ms fall 2 rise 1 on-marked-down shutdown-sessions"
  `)
})

const serverLines = (configuration: string) =>
  configuration.split('\n').filter((line) => /^ +(server|#) /.test(line))
const usual = balancerConfiguration({ bind: '10.1.0.20:8200', backends, tls: true })

test('without checks a server line is name and address; the rest stays as it is', () => {
  const changed = withoutChecks(usual)
  expect(serverLines(changed)).toEqual([
    '    server vault-1 127.0.1.1:8200',
    '    server vault-2 127.0.1.2:8200',
  ])
  const others = (text: string) => text.split('\n').filter((line) => !line.includes('server vault'))
  expect(others(changed)).toEqual(others(usual))
})

test('with one node only the others are no servers, and it is checked as before', () => {
  expect(serverLines(withOnly(usual, 'vault-2'))).toEqual(['    # vault-1', serverLines(usual)[1]])
})

test('with nobody behind it every server is checked where nobody listens', () => {
  const lines = serverLines(withNobody(usual))
  expect(lines.map((line) => line.split(/ +/)[3])).toEqual(['127.0.1.250:8200', '127.0.1.250:8200'])
  expect(lines.every((line) => line.includes(' check inter 500ms '))).toBe(true)
})
