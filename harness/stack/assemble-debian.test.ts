import { expect, test } from 'vitest'
import {
  checkServed,
  formatServed,
  installedVersions,
  servedVersion,
  sourcesFrom,
} from './assemble-debian.ts'
import { loadPins } from './pins.ts'
import { CannotAssemble, type Workshop } from './workshop.ts'

const host = [
  'bookworm main http://mirror.example/debian/',
  'bookworm contrib http://mirror.example/debian/',
  'bookworm-updates main http://mirror.example/debian/',
  'bookworm-security main http://security.example/debian-security/',
].join('\n')

test.each([
  [
    'suite, updates and security',
    host,
    ['', '-updates', '-security'],
    [
      'deb http://mirror.example/debian/ trixie main',
      'deb http://mirror.example/debian/ trixie-updates main',
      'deb http://security.example/debian-security/ trixie-security main',
    ],
  ],
  [
    'backports, which lie beside the suite',
    host,
    ['', '-backports'],
    [
      'deb http://mirror.example/debian/ trixie main',
      'deb http://mirror.example/debian/ trixie-backports main',
    ],
  ],
  ['nothing when the suite is not there', 'sid main http://mirror.example/', [''], []],
] as const)("the host's mirrors give %s", (_what, targets, suffixes, sources) => {
  expect(sourcesFrom(targets, { hostSuite: 'bookworm', suite: 'trixie', suffixes })).toEqual(
    sources,
  )
})

const status = `Package: haproxy
Status: install ok installed
Version: 3.0.11-1+deb13u2

Package: python3
Version: 3.13.5-1

Package: unwanted
Version: 1
`

test('what was served goes into a label and comes back from it', () => {
  const label = formatServed(installedVersions(status, ['haproxy', 'python3']))
  expect(label).toBe('haproxy=3.0.11-1+deb13u2 python3=3.13.5-1')
  expect(servedVersion(label, 'haproxy')).toBe('3.0.11')
  expect(servedVersion(label, 'proxy')).toBeUndefined()
  expect(servedVersion('', 'haproxy')).toBeUndefined()
})

const workshop = (lines: string[]) =>
  ({
    pins: { ...loadPins(), versions: { ...loadPins().versions, haproxy: '3.0.11' } },
    onProgress: (line: string) => void lines.push(line),
  }) as Partial<Workshop> as Workshop

test.each([
  ['the pinned version', '3.0.11-1', []],
  ['a newer patch', '3.0.14-1', ['haproxy: Debian trixie serves 3.0.14, pinned is 3.0.11']],
])('%s is taken', (_what, version, said) => {
  const lines: string[] = []
  checkServed('haproxy', new Map([['haproxy', version]]), workshop(lines))
  expect(lines).toEqual(said)
})

test.each([
  ['another minor line', new Map([['haproxy', '3.2.1-1']]), 'serves haproxy 3.2.1'],
  ['nothing', new Map<string, string>(), 'serves haproxy not at all'],
])('%s is refused', (_what, served, message) => {
  expect(() => checkServed('haproxy', served, workshop([]))).toThrow(CannotAssemble)
  expect(() => checkServed('haproxy', served, workshop([]))).toThrow(message)
})
