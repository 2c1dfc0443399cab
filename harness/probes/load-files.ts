import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Authority } from '../lib/certificates.ts'
import type { ArchiveFile } from '../stack/archive.ts'
import type { LoadTenants } from './load-tenants.ts'
import type { SloSpec } from './load-thresholds.ts'
import type { Traffic } from './traffic.ts'

/** What lies in the generator's container before it starts; the shapes are read by load/given.ts. */

const SCRIPTS = join(import.meta.dirname, '..', '..', 'load')
const FOLDER = '/load'

export const LOAD_PLACES = {
  samples: `${FOLDER}/samples.json.gz`,
  summary: `${FOLDER}/summary.json`,
  authority: `${FOLDER}/ca.pem`,
  script: (name: string): string => `${FOLDER}/${name}.ts`,
} as const

/**
 * No secret is in it. HTTP/1.1 as the design's client speaks it: over HTTP/2 one black-holed
 * connection would go on swallowing a user's requests long after the network is back.
 */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  GODEBUG: 'http2client=0',
  HOME: FOLDER,
  K6_AUTO_EXTENSION_RESOLUTION: 'false',
  K6_NO_USAGE_REPORT: 'true',
  SSL_CERT_FILE: LOAD_PLACES.authority,
}

/** A client that waits longer has hung; the documents name no time-out of their own. */
export const REQUEST_TIMEOUT_MS = 2000

export type LoadFilesOptions = {
  readonly traffic: Traffic
  readonly durationMs: number
  readonly tenants: LoadTenants
  readonly objectives: readonly SloSpec[]
  readonly authority: Authority | undefined
  /** Where the service is, seen from the generator. */
  readonly port: number
  /** Instead of our scripts: the test and the self-test hand over bad ones. */
  readonly scripts?: Readonly<Record<string, string>> | undefined
}

/** Token and credentials are files of their own, which only the generator can read. */
export function loadFiles(options: LoadFilesOptions): readonly ArchiveFile[] {
  const { tenants, authority } = options
  const roles = tenants.roles.map((role) => role.credentials())
  return [
    ...Object.entries({ ...ourScripts(), ...options.scripts }).map(([name, content]) => ({
      path: `${FOLDER}/${name}`,
      content,
    })),
    { path: `${FOLDER}/given.json`, content: JSON.stringify(givenTo(options)) },
    { path: `${FOLDER}/token`, content: tenants.token.reveal(), mode: 0o600 },
    { path: `${FOLDER}/roles.json`, content: JSON.stringify(roles), mode: 0o600 },
    ...(authority === undefined ? [] : [{ path: LOAD_PLACES.authority, content: authority.ca }]),
  ]
}

/** `balancer` is the name in its certificate; the address is that of the operator's link to it. */
const givenTo = ({
  traffic,
  durationMs,
  tenants,
  objectives,
  authority,
  port,
}: LoadFilesOptions) => ({
  url: `${authority === undefined ? 'http' : 'https'}://balancer:${port}`,
  ip: '127.0.0.1',
  ratePerS: traffic.ratePerS,
  users: traffic.users,
  durationMs,
  timeoutMs: REQUEST_TIMEOUT_MS,
  mix: traffic.mix,
  ...(traffic.burst === undefined
    ? {}
    : {
        burst: {
          times: traffic.burst.times,
          afterMs: traffic.burst.after.ms,
          lastsMs: traffic.burst.lasts.ms,
        },
      }),
  tenants: tenants.ids,
  objectives: objectives.flatMap(({ id, op, of, limit, source }) =>
    // The gaps of a user are nothing that k6 can evaluate.
    of === 'gap' ? [] : [{ id, op, of, limit, ...(source === undefined ? {} : { source }) }],
  ),
  summary: LOAD_PLACES.summary,
})

const ourScripts = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(SCRIPTS)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => [file, readFileSync(join(SCRIPTS, file), 'utf8')]),
  )
