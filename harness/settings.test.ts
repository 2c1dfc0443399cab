import { homedir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { BadSetting, readSettings } from './settings.ts'

describe('an empty environment', () => {
  const settings = readSettings({})

  test('overrides nothing and leaves the dialling to the engine', () => {
    expect(settings.sources.overrides).toEqual({})
    expect(settings.sources.registry.prefix).toBeUndefined()
    expect(settings.dial).toBeUndefined()
    expect(settings.offline).toBe(false)
    expect(settings.colour).toBe(true)
    expect(settings.ci).toBe(false)
  })

  test('puts cache and docker configuration below the home folder', () => {
    expect(settings.sources.cache).toBe(join(homedir(), '.cache', 'vault-drill'))
    expect(settings.sources.registry.dockerConfig).toBe(join(homedir(), '.docker'))
  })
})

test.each([
  ['an image', { DRILL_IMAGE_VAULT: 'corp.example/vault:1' }, { vault: 'corp.example/vault:1' }],
  ['a digest', { DRILL_IMAGE_HAPROXY: 'haproxy@sha256:ab' }, { haproxy: 'haproxy@sha256:ab' }],
  ['an image id', { DRILL_IMAGE_OPENBAO: '22331bb587b2' }, { openbao: '22331bb587b2' }],
  ['an empty variable as none', { DRILL_IMAGE_VAULT: '' }, {}],
])('%s is read from DRILL_IMAGE_<NAME>', (_what, environment, overrides) => {
  expect(readSettings(environment).sources.overrides).toEqual(overrides)
})

test('registry credentials are read and print as a secret', () => {
  const { registry } = readSettings({
    DRILL_REGISTRY: 'registry.example:5000/mirror',
    DRILL_REGISTRY_USER: 'ci',
    DRILL_REGISTRY_PASSWORD: 'hush-hush',
  }).sources
  expect(registry.prefix).toBe('registry.example:5000/mirror')
  expect(registry.credentials?.user).toBe('ci')
  expect(registry.credentials?.password.reveal()).toBe('hush-hush')
  expect(inspect(registry) + JSON.stringify(registry)).not.toContain('hush-hush')
})

test.each([
  ['DRILL_OFFLINE', { DRILL_OFFLINE: '1' }, { offline: true }],
  ['DRILL_OFFLINE=0', { DRILL_OFFLINE: '0' }, { offline: false }],
  ['DRILL_DIAL', { DRILL_DIAL: 'published' }, { dial: 'published' }],
  ['NO_COLOR', { NO_COLOR: '1' }, { colour: false }],
  ['an empty NO_COLOR', { NO_COLOR: '' }, { colour: true }],
  ['CI', { CI: 'true' }, { ci: true }],
])('%s is understood', (_variable, environment, expected) => {
  expect(readSettings(environment)).toMatchObject(expected)
})

test.each([
  [{ DRILL_IMAGE_OPENBOA: 'x' }, 'DRILL_IMAGE_OPENBOA: there is no component openboa'],
  [{ DRILL_IMAGE_VAULT: 'No Spaces' }, 'DRILL_IMAGE_VAULT: "No Spaces" is not an image name'],
  [{ DRILL_REGISTRY: 'mirror' }, 'DRILL_REGISTRY: "mirror" is not an image name'],
  [{ DRILL_REGISTRY_USER: 'ci', DRILL_REGISTRY: 'r.example' }, 'DRILL_REGISTRY_PASSWORD: missing'],
  [{ DRILL_REGISTRY_PASSWORD: 'x', DRILL_REGISTRY: 'r.example' }, 'DRILL_REGISTRY_USER: missing'],
  [{ DRILL_REGISTRY_USER: 'ci', DRILL_REGISTRY_PASSWORD: 'x' }, 'DRILL_REGISTRY: missing'],
  [{ DRILL_DIAL: 'maybe' }, 'DRILL_DIAL: "maybe" is neither direct nor published'],
  [{ DRILL_OFFLINE: 'perhaps' }, 'DRILL_OFFLINE: "perhaps" is neither'],
])('%o is refused by name', (environment, message) => {
  expect(() => readSettings(environment)).toThrow(BadSetting)
  expect(() => readSettings(environment)).toThrow(message)
})

test('the sweeper of testcontainers stays off unless it is asked for', () => {
  const environment: Record<string, string | undefined> = {}
  readSettings(environment)
  expect(environment.TESTCONTAINERS_RYUK_DISABLED).toBe('true')
  const asked = { TESTCONTAINERS_RYUK_DISABLED: 'false' }
  readSettings(asked)
  expect(asked.TESTCONTAINERS_RYUK_DISABLED).toBe('false')
})
