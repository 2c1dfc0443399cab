import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadCatalogue, suite } from '../harness/catalogue.ts'
import { performRun } from '../harness/run.ts'
import { readSettings } from '../harness/settings.ts'

// The same function that `./drill run` calls. The smoke suite shares its clusters, so it is one
// test: every verdict is looked at, and the first that is not "passed" is shown with its reason.
test('the smoke suite passes on OpenBao', async () => {
  const stop = new AbortController()
  onTestFinished(() => stop.abort(new Error('the test has ended')))
  const result = await performRun({
    selected: suite(await loadCatalogue(), 'smoke'),
    label: 'smoke',
    product: 'openbao',
    multiplier: 1,
    limits: {},
    seed: undefined,
    repeat: 1,
    tls: true,
    failFast: false,
    offline: false,
    out: mkdtempSync(join(tmpdir(), 'drill-scenarios-')),
    argv: ['vitest'],
    settings: readSettings(),
    signal: stop.signal,
    say: (line) => process.stderr.write(`${line}\n`),
  })
  const notPassed = result.verdicts.filter(({ verdict }) => verdict !== 'passed')
  expect(notPassed.map(({ scenario, verdict, why }) => `${scenario} ${verdict}: ${why}`)).toEqual(
    [],
  )
  expect(result.exitCode).toBe(0)
})
