import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createAuthority } from '../lib/certificates.ts'
import { RunClock } from '../lib/clock.ts'
import { median } from '../lib/percentile.ts'
import { Secret } from '../lib/secret.ts'
import { Seed } from '../lib/seed.ts'
import { CALIBRATION_SERVERNAME, startProbe } from './probe.ts'
import { dataPath } from './value.ts'

test('the probe measures its error on a server that flips at known times', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-calibrate-'))
  const authority = await createAuthority('calibrate test')
  const names = { name: 'calibration', dnsNames: [CALIBRATION_SERVERNAME], ips: [] }
  const { cert, key } = await authority.issue(names)
  const probe = await startProbe({
    clock: new RunClock(),
    directory,
    balancer: { name: 'balancer', host: '127.0.0.1', port: 1, servername: 'node.test' },
    nodes: [],
    ca: authority.ca,
    token: new Secret('root'),
    prefix: 'rpo/test',
    canary: { path: dataPath('canary'), hash: '' },
    onDeath: () => {},
  })
  onTestFinished(async () => {
    await probe.kill()
    rmSync(directory, { recursive: true })
  })
  const seed = new Seed('calibration test')
  const { errorsMs, worstMs } = await probe.calibrate({
    seed,
    certificate: { cert, key, ca: authority.ca },
  })
  expect(errorsMs).toHaveLength(20)
  expect(worstMs).toBe(Math.max(...errorsMs))
  expect(Math.min(...errorsMs)).toBeGreaterThan(0)
  // How good it is, each run judges for itself. A flip that was not seen errs by 70 ms or more.
  expect(median(errorsMs)).toBeLessThan(60)
})
