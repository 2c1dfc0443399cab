import { homedir } from 'node:os'
import { join } from 'node:path'
import { Secret } from './lib/secret.ts'
import { type ComponentName, componentNames, isComponentName } from './stack/component.ts'
import type { ImageSources } from './stack/images.ts'
import { parseReference, underPrefix } from './stack/reference.ts'

/** What the environment says, read once at the start of a command. Flags go before it. */
export type Settings = {
  readonly sources: ImageSources
  /** How containers are reached; `undefined`: by what the engine allows. */
  readonly dial: 'direct' | 'published' | undefined
  readonly offline: boolean
  readonly colour: boolean
  readonly ci: boolean
}

type Environment = Record<string, string | undefined>

/**
 * The only reader of `process.env`.
 *
 * - `DRILL_IMAGE_<NAME>` an image instead of the pinned one (OPENBAO, VAULT, LOCALSTACK, …)
 * - `DRILL_REGISTRY` a mirror before every public image, such as `registry.example:5000/mirror`
 * - `DRILL_REGISTRY_USER`, `DRILL_REGISTRY_PASSWORD` for that mirror; else what `docker login` stored
 * - `DRILL_CACHE` where assembly works, default `~/.cache/vault-drill`
 * - `DRILL_DIAL` `direct` or `published`
 * - `DRILL_OFFLINE`, `CI`, `NO_COLOR`, `DOCKER_CONFIG` (and `DOCKER_HOST`, which dockerode reads)
 *
 * @throws {BadSetting} naming the variable.
 */
export function readSettings(environment: Environment = process.env): Settings {
  // We sweep by our own labels, also after SIGKILL; its sweeper would need one more image.
  environment.TESTCONTAINERS_RYUK_DISABLED ??= 'true'
  const value = (name: string) => environment[name] || undefined
  const prefix = value('DRILL_REGISTRY')
  if (prefix !== undefined) checkPrefix(prefix)
  return {
    sources: {
      overrides: overridesIn(environment),
      registry: {
        prefix,
        credentials: credentialsIn(environment, prefix),
        dockerConfig: value('DOCKER_CONFIG') ?? join(homedir(), '.docker'),
      },
      cache:
        value('DRILL_CACHE') ??
        join(value('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'vault-drill'),
    },
    dial: oneOf('DRILL_DIAL', value('DRILL_DIAL'), ['direct', 'published']),
    offline: isOn('DRILL_OFFLINE', value('DRILL_OFFLINE')),
    colour: value('NO_COLOR') === undefined,
    ci: value('CI') !== undefined && value('CI') !== 'false',
  }
}

const OVERRIDE = /^DRILL_IMAGE_(.*)$/

function overridesIn(environment: Environment): Partial<Record<ComponentName, string>> {
  const overrides: Partial<Record<ComponentName, string>> = {}
  for (const [variable, image] of Object.entries(environment)) {
    const name = OVERRIDE.exec(variable)?.[1]?.toLowerCase()
    if (name === undefined || image === undefined || image === '') continue
    if (!isComponentName(name)) {
      throw new BadSetting(
        variable,
        `there is no component ${name}, only ${componentNames.join(', ')}`,
      )
    }
    // A bare image id or a digest is the engine's to judge.
    if (!/^(sha256:)?[0-9a-f]{12,64}$|@sha256:/.test(image)) {
      check(variable, () => parseReference(image))
    }
    overrides[name] = image
  }
  return overrides
}

function credentialsIn(environment: Environment, prefix: string | undefined) {
  const user = environment.DRILL_REGISTRY_USER || undefined
  const password = environment.DRILL_REGISTRY_PASSWORD || undefined
  if (user === undefined && password === undefined) return undefined
  if (user === undefined) throw new BadSetting('DRILL_REGISTRY_USER', 'missing beside the password')
  if (password === undefined) {
    throw new BadSetting('DRILL_REGISTRY_PASSWORD', 'missing beside the user')
  }
  if (prefix === undefined) {
    throw new BadSetting('DRILL_REGISTRY', 'missing: the credentials are for the registry it names')
  }
  return { user, password: new Secret(password) }
}

const checkPrefix = (prefix: string) =>
  check('DRILL_REGISTRY', () => underPrefix(parseReference('library/any'), prefix))

function check(variable: string, read: () => unknown): void {
  try {
    read()
  } catch (error) {
    throw new BadSetting(variable, error instanceof Error ? error.message : String(error))
  }
}

function oneOf<const T extends string>(
  variable: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  const found = allowed.find((one) => one === value)
  if (value !== undefined && found === undefined) {
    throw new BadSetting(variable, `"${value}" is neither ${allowed.join(' nor ')}`)
  }
  return found
}

function isOn(variable: string, value: string | undefined): boolean {
  const meaning = oneOf(variable, value?.toLowerCase(), ['1', 'true', 'yes', '0', 'false', 'no'])
  return meaning === '1' || meaning === 'true' || meaning === 'yes'
}

export class BadSetting extends Error {
  override readonly name = 'BadSetting'
  readonly exitCode = 64

  constructor(variable: string, why: string) {
    super(`${variable}: ${why}`)
  }
}
