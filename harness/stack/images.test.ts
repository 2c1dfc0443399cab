import { expect, test } from 'vitest'
import { ComponentUnavailable, sourcesFor } from './images.ts'

test.each([
  [
    'the engine, the public image, then assembly',
    { override: undefined, offline: false },
    ['local', 'public', 'assembled'],
  ],
  ['no public image offline', { override: undefined, offline: true }, ['local', 'assembled']],
  ['nothing but an override', { override: 'a/b:1', offline: false }, ['override']],
  ['nothing but an override offline', { override: 'a/b:1', offline: true }, ['override']],
] as const)('a component comes from %s', (_what, wish, sources) => {
  expect(sourcesFor(wish)).toEqual(sources)
})

test('what no source provides is told with every attempt', () => {
  const error = new ComponentUnavailable('toxiproxy', '2.12.0', [
    { source: 'local', why: 'not on the engine' },
    { source: 'public', why: 'no container registry answers at ghcr.io: nothing within 3.00 s' },
    { source: 'assembled', why: 'Go 1.25 or newer is needed' },
  ])
  expect(error.exitCode).toBe(10)
  expect(error.message).toMatchInlineSnapshot(`
    "no source provides toxiproxy 2.12.0:
      - an image on the engine: not on the engine
      - the public image: no container registry answers at ghcr.io: nothing within 3.00 s
      - assembly from packages: Go 1.25 or newer is needed"
  `)
})
