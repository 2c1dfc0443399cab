import type { Cluster } from '../cluster/cluster.ts'
import {
  keepsAnother,
  presentNames,
  putBack,
  replaceForAWhile,
} from '../cluster/node-certificate.ts'
import { all } from '../lib/all.ts'
import {
  type Authority,
  type CertificateRequest,
  createAuthority,
  type IssuedCertificate,
} from '../lib/certificates.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { tlsHandshake } from '../lib/tls-handshake.ts'
import { happened, type Look, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { nodesOf, type Target, targetText } from './target.ts'

/**
 * Faults of the certificates that nodes show to their clients. The certificate before is kept in
 * the node's own container with its key, which is in no plan. Peers do not notice: between
 * themselves they use certificates of their own making.
 */

export type CertificatePlan = FaultPlan & {
  readonly servers: readonly { readonly node: string; readonly container: string }[]
}

const EXPIRED = shown(
  {
    name: 'certificate-expired',
    does: 'the node shows a certificate of the right authority whose time was over a minute ago',
    witnessed: 'a handshake is refused with CERT_HAS_EXPIRED',
    cannotShow: 'clients with an open connection: they verified it when it was made',
    source: 'RB:697-699',
  },
  (authority, names) => authority.issue({ ...names, validFor: milliseconds(-60_000) }),
  /^refused: CERT_HAS_EXPIRED$/,
)

const FOREIGN = shown(
  {
    name: 'certificate-foreign',
    does: 'the node shows a certificate with the right names of an authority that nobody knows',
    witnessed: 'a handshake is refused because the issuer is unknown',
    cannotShow: 'clients with an open connection: they verified it when it was made',
    source: 'RB:697-699',
  },
  async (_authority, names) => (await createAuthority('somebody else')).issue(names),
  /^refused: (UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?)$/,
)

export const CERTIFICATE_FAULTS: readonly FaultKind[] = [EXPIRED, FOREIGN]

/** New clients refuse the node, because its certificate's time is over. */
export const certificateExpired = (node: Target): Fault<CertificatePlan> =>
  aimed(EXPIRED, targetText(node))

/** New clients refuse the node, because they do not know who signed its certificate. */
export const certificateForeign = (node: Target): Fault<CertificatePlan> =>
  aimed(FOREIGN, targetText(node))

function shown(
  told: Pick<FaultKind, 'name' | 'does' | 'witnessed' | 'cannotShow' | 'source'>,
  issue: (authority: Authority, names: CertificateRequest) => Promise<IssuedCertificate>,
  refusal: RegExp,
): FaultKind<CertificatePlan> {
  const look = async (cluster: Cluster, plan: CertificatePlan): Promise<Look<string>> => {
    const { ca } = authorityOf(cluster)
    const seen = await all(
      plan.servers.map(async ({ node: name }) => {
        const { address } = cluster.node(name)
        return [name, await tlsHandshake(address, { servername: name, ca })] as const
      }),
    )
    const text = seen.map(([name, result]) => `${name}: ${result}`).join('; ')
    return seen.every(([, result]) => refusal.test(result)) ? happened(text) : notYet(text)
  }
  return {
    ...told,
    family: 'certificates',
    final: false,
    targets: ['leader', 'standby', 'standbys', 'all', 'random', '<node>'],
    parameters: {},
    needs: [],
    async plan(cluster, { target }, seed) {
      authorityOf(cluster)
      const nodes = await nodesOf(cluster, target, seed)
      return {
        target: nodes.map(({ name }) => name).join(','),
        touches: nodes.map(({ vault }) => vault.id),
        servers: nodes.map(({ name, vault }) => ({ node: name, container: vault.id })),
      }
    },
    async inject(cluster, plan, { clock, signal }) {
      const replacing = await all(
        containersOf(cluster.docker, plan).map(async (server) => {
          const issued = await issue(authorityOf(cluster), await presentNames(server))
          return { server, issued }
        }),
      )
      const issued = clock.now()
      await all(replacing.map((each) => replaceForAWhile(each.server, each.issued)))
      await until(`clients refuse ${plan.target}`, () => look(cluster, plan), {
        within: seconds(15),
        signal,
      })
      return { issued, proven: clock.now() }
    },
    witness: look,
    async heal(docker, plan) {
      await all(containersOf(docker, plan).map(putBack))
    },
    async residue(docker, plan) {
      const servers = containersOf(docker, plan)
      const left = await all(
        servers.map(async (server) => [server.name, await keepsAnother(server)]),
      )
      return left
        .filter(([, keeps]) => keeps)
        .map(([name]) => `${name} still keeps the certificate of before`)
    },
  }
}

function authorityOf({ authority }: Cluster): Authority {
  if (authority === undefined) throw new CannotPlan('without TLS there are no certificates')
  return authority
}

const containersOf = ({ engine }: Docker, { servers }: CertificatePlan): readonly Container[] =>
  servers.map(({ node, container }) => new Container(engine, container, node))
