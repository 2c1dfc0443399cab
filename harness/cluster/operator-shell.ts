import { dirname } from 'node:path'
import { CREDENTIALS, REGION } from '../aws/emulator.ts'
import type { Authority } from '../lib/certificates.ts'
import { type Duration, seconds } from '../lib/duration.ts'
import { maskSecrets, type Secret } from '../lib/secret.ts'
import type { ArchiveFile } from '../stack/archive.ts'
import type { Answer, Container } from '../stack/container.ts'
import type { AwsPlace } from './aws-place.ts'
import type { Ground, Holdings, Pod } from './ground.ts'
import { API_PORT, operatorPort } from './topology.ts'

/** Debian's place for authorities of one's own: what a machine trusts, every program in it does. */
const TLS_FILE = '/usr/local/share/ca-certificates/drill.crt'
const TOKEN_FILE = '/drill/token'
/** One share a line, as a person would copy them from where they are kept. */
const KEYS_FILE = '/drill/keys'
const TYPED = '/drill/typed.sh'
const STATE = '/drill/state.sh'
const CLI_FOLDER = '/opt/product'

/** What the set-up of a shell needs to know of its cluster. */
export type ShellGround = {
  readonly ground: Ground
  readonly holdings: Holdings
  readonly pod: Pod
  readonly nodes: readonly { readonly name: string }[]
  readonly authority: Authority | undefined
  readonly rootToken: Secret
  readonly recoveryKeys: readonly Secret[]
  readonly aws: AwsPlace
}

/**
 * A bash on the operator pod, as a person on call has one: the product's command line under the
 * name `vault`, aws, jq, curl, gpg and logger, with every call on the operator's own links. What
 * one line sets, the next one knows, as in a terminal that stays open.
 */
export class OperatorShell {
  readonly #container: Container
  readonly #secrets: readonly Secret[]

  private constructor(container: Container, secrets: readonly Secret[]) {
    this.#container = container
    this.#secrets = secrets
  }

  static async open(given: ShellGround): Promise<OperatorShell> {
    const { ground, holdings, pod, nodes } = given
    const { operator } = ground.images
    if (operator === undefined)
      throw new RangeError("the scenario's cluster has no operator's shell among its needs")
    const cli = await commandLine(ground, holdings)
    const container = await holdings.container({
      name: 'operator',
      image: operator.reference,
      ...(operator.entrypoint === undefined ? {} : { entrypoint: operator.entrypoint }),
      network: { of: pod.container },
      volumes: { [cli.volume]: CLI_FOLDER },
      env: ENVIRONMENT,
      files: filesOf(given),
      init: true,
    })
    await container.start()
    const shell = new OperatorShell(container, [given.rootToken, ...given.recoveryKeys])
    await shell.mustType(setUp(cli.program, nodes))
    return shell
  }

  async put(files: readonly ArchiveFile[]): Promise<void> {
    await this.#container.put(files)
  }

  /** A file's bytes; all of them at once. */
  async take(path: string): Promise<Buffer> {
    return Buffer.concat(await this.#container.readAll(path))
  }

  /**
   * Types these lines; gives exit code and everything said, in one order, tokens and key shares
   * masked. Nothing of it is in an argument of ours: the lines go in as a file.
   * @throws {ExecTooSlow}
   */
  async type(lines: string, within: Duration = seconds(60)): Promise<Answer> {
    await this.put([{ path: TYPED, content: remembering(lines), mode: 0o600 }])
    const typed = ['bash', '-c', `exec 2>&1 </dev/null; . ${TYPED}`]
    const { exitCode, output } = await this.#container.exec(typed, within)
    return { exitCode, output: maskSecrets(output, this.#secrets) }
  }

  /** The same for what has to work. @throws {ShellFailed} with the last line that was said. */
  async mustType(lines: string, within?: Duration): Promise<string> {
    const { exitCode, output } = await this.type(lines, within)
    if (exitCode !== 0) throw new ShellFailed(lines, exitCode, output)
    return output
  }
}

/** The server's binary is its command line too; a fresh volume takes over what the image has there. */
async function commandLine({ images }: Ground, holdings: Holdings) {
  const program = images.server.entrypoint?.[0]
  if (program === undefined) throw new Error(`${images.server.reference} names no program`)
  const volume = await holdings.volume('cli')
  const lender = await holdings.container({
    name: 'cli',
    image: images.server.reference,
    network: 'none',
    volumes: { [volume]: dirname(program) },
  })
  await holdings.discard(lender)
  return { volume, program: `${CLI_FOLDER}${program.slice(dirname(program).length)}` }
}

/** Nodes and balancer by the names in their certificates; the ports are the operator's links. */
const setUp = (program: string, nodes: ShellGround['nodes']): string => `
ln -sf ${program} /usr/bin/vault
echo '127.0.0.1 balancer ${nodes.map(({ name }) => name).join(' ')}' >> /etc/hosts
update-ca-certificates >/dev/null 2>&1
vault version >/dev/null
`

const ENVIRONMENT: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_DEFAULT_REGION: REGION,
  AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
  AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:4567',
  AWS_PAGER: '',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_MAX_ATTEMPTS: '1',
  LC_ALL: 'C.UTF-8',
  HOME: '/root',
}

const filesOf = ({
  authority,
  rootToken,
  recoveryKeys,
  aws,
  nodes,
}: ShellGround): readonly ArchiveFile[] => {
  const shares = recoveryKeys.map((key) => `${key.reveal()}\n`)
  const addresses = nodes.map(
    ({ name }, i) => `export DRILL_NODE_${i + 1}=https://${name}:${operatorPort(i)}\n`,
  )
  const others = `export DRILL_KEY_ALIAS=${aws.key.alias} DRILL_FIRST=https://${nodes[0]?.name}:${API_PORT}\n`
  return [
    ...(authority === undefined ? [] : [{ path: TLS_FILE, content: authority.ca }]),
    { path: TOKEN_FILE, content: rootToken.reveal(), mode: 0o600 },
    { path: KEYS_FILE, content: shares.join(''), mode: 0o600 },
    { path: STATE, content: [...addresses, others].join(''), mode: 0o600 },
  ]
}

/** What was set is kept whether a line fails or not, as a terminal keeps it. */
const remembering = (lines: string): string => `
_known=" $(compgen -v | tr '\\n' ' ') _known _each BASH_ARGV0 "
. ${STATE}
_remember() {
  for _each in $(compgen -v); do
    case "$_known" in *" $_each "*) ;; *) declare -p "$_each" ;; esac
  done
  echo "cd '$PWD'"
}
trap '_remember > ${STATE}' EXIT
${lines}
`

/** What we typed ourselves in the operator's shell did not work. */
export class ShellFailed extends Error {
  override readonly name = 'ShellFailed'
  constructor(lines: string, exitCode: number, output: string) {
    const said = output.trim().split('\n').at(-1) ?? ''
    super(`"${lines.trim().slice(0, 120)}" in the operator's shell ended with ${exitCode}: ${said}`)
  }
}
