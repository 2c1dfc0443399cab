import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../lib/command.ts'
import { seconds } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'

export type Credentials = { readonly user: string; readonly password: Secret }

type DockerConfig = {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>
  readonly credHelpers?: Readonly<Record<string, string>>
  readonly credsStore?: string
}

/**
 * What `docker login` left for a registry: in config.json itself or in the helper it names.
 * The engine's API takes no credentials of its own, so whoever pulls must bring them.
 * @throws {BadDockerConfig} when the file is there and is not JSON.
 */
export async function storedCredentials(
  registry: string,
  configFolder: string,
): Promise<Credentials | undefined> {
  const file = join(configFolder, 'config.json')
  const text = await readFile(file, 'utf8').catch(() => undefined) // most machines have none
  if (text === undefined) return undefined
  const config = parse(text, file)
  const names = registryNames(registry)
  const helper = names.map((name) => config.credHelpers?.[name]).find(Boolean) ?? config.credsStore
  if (helper !== undefined) {
    for (const name of names) {
      const stored = await askHelper(helper, name)
      if (stored !== undefined) return stored
    }
  }
  const auth = names.map((name) => config.auths?.[name]?.auth).find(Boolean)
  return auth === undefined ? undefined : decode(auth)
}

/** `docker login` writes Docker Hub under the address of an API that is long gone. */
const registryNames = (registry: string): readonly string[] =>
  registry === 'docker.io'
    ? ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io']
    : [registry, `https://${registry}`]

function parse(text: string, file: string): DockerConfig {
  try {
    return JSON.parse(text) as DockerConfig
  } catch (cause) {
    throw new BadDockerConfig(file, cause)
  }
}

function decode(auth: string): Credentials | undefined {
  const [user = '', ...rest] = Buffer.from(auth, 'base64').toString('utf8').split(':')
  return rest.length === 0 ? undefined : { user, password: new Secret(rest.join(':')) }
}

async function askHelper(helper: string, registry: string): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`
  try {
    const answer = JSON.parse(
      await run(program, ['get'], { input: registry, within: seconds(10) }),
    ) as { Username?: string; Secret?: string }
    return answer.Username === undefined || answer.Secret === undefined
      ? undefined
      : { user: answer.Username, password: new Secret(answer.Secret) }
  } catch {
    return undefined // it has nothing for this registry: the pull will say whether that matters
  }
}

export class BadDockerConfig extends Error {
  override readonly name = 'BadDockerConfig'
  readonly exitCode = 10
  constructor(file: string, cause: unknown) {
    super(`${file} is not JSON: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
