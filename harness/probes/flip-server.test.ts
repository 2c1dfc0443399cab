import { describe, expect, onTestFinished, test } from 'vitest'
import { createAuthority } from '../lib/certificates.ts'
import { RunClock } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { HttpTarget, RequestFailed } from '../lib/http.ts'
import { FlipServer } from './flip-server.ts'
import { readResult } from './outcome.ts'
import { isIntact } from './value.ts'

describe.each(['with TLS', 'without TLS'])('the flip server %s', (title) => {
  test('answers as a secret would, resets while it fails, and knows when', async () => {
    const authority = await createAuthority('flip test')
    const names = { name: 'calibration', dnsNames: ['calibration'], ips: [] }
    const certificate = title === 'with TLS' ? await authority.issue(names) : undefined
    const tls =
      certificate === undefined ? undefined : { ca: authority.ca, servername: 'calibration' }
    const clock = new RunClock()
    const server = await FlipServer.start(clock, certificate)
    const target = new HttpTarget({ host: '127.0.0.1', port: server.port }, { tls })
    onTestFinished(async () => {
      await target.close()
      await server.stop()
    })
    const { path, hash } = server.canary
    const read = () =>
      target.request({ method: 'GET', path, within: seconds(5) }).catch((error: unknown) => error)
    const isRight = async () => {
      const seen = await read()
      if (seen instanceof Error) return false
      const result = readResult(seen as Parameters<typeof readResult>[0])
      return result.seen === 'value' && isIntact(result.value, hash)
    }

    expect(await isRight()).toBe(true)
    const before = clock.now()
    const failedAt = server.fail()
    const failures = [await read(), await read()]
    expect(failures.map((failure) => failure instanceof RequestFailed)).toEqual([true, true])
    const mendedAt = server.mend()
    expect(await isRight()).toBe(true)
    expect([before, failedAt, mendedAt, clock.now()].toSorted((a, b) => a - b)).toEqual([
      before,
      failedAt,
      mendedAt,
      expect.any(Number),
    ])
  })
})

test('hangs on command, and never answers what it was asked meanwhile', async () => {
  const server = await FlipServer.start(new RunClock())
  const target = new HttpTarget({ host: '127.0.0.1', port: server.port })
  onTestFinished(async () => {
    await target.close()
    await server.stop()
  })
  const ask = (ms: number) =>
    target
      .request({ method: 'GET', path: server.canary.path, within: milliseconds(ms) })
      .then(({ status }) => status)
      .catch((error: RequestFailed) => error.code)

  expect(await ask(5_000)).toBe(200)
  server.fail('hang')
  const waiting = ask(200)
  expect(await ask(50)).toBe('TIMEOUT')
  server.mend()
  expect(await ask(5_000)).toBe(200)
  expect(await waiting).toBe('TIMEOUT')
})
