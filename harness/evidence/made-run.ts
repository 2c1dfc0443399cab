import type { Run } from './run-file.ts'

/** A run file for tests of pages that need one around their verdicts. */
export const madeRunFile: Run = {
  format: 1,
  id: '20261122T020114Z-leader-crash-7f3a',
  argv: ['run', 'leader-crash', '--seed', '7f3a'],
  seed: '7f3a',
  started: '2026-11-22T02:01:14.000Z',
  finished: '2026-11-22T02:01:59.100Z',
  product: 'openbao',
  version: '2.6.2',
  images: [{ name: 'localstack', id: 'sha256:9a1e', origin: 'assembled', version: '4.14.0' }],
  engine: { version: '20.10.24' },
  host: { cpus: 2, memoryMiB: 15_870, kernel: '6.1.0', arch: 'x64' },
  git: { commit: '6fc3774', dirty: false },
  scenarios: [],
  heads: {},
  exitCode: 0,
}
