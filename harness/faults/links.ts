import type { Docker } from '../stack/docker.ts'
import { Links } from '../stack/toxiproxy.ts'
import { seen } from './bring-about.ts'
import { type Looked, lookThrough, oddOnes } from './dials.ts'
import { aimed, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import {
  type AimedLink,
  LINK_TARGETS,
  linksOf,
  linksText,
  linkText,
  onLivingPods,
  podsOf,
} from './link-target.ts'

/** Faults that open and close a link's listener. What a listening link carries: `toxics.ts`. */

export type LinkPlan = FaultPlan & { readonly links: readonly AimedLink[] }

const isRefused = ({ what }: Looked): boolean => what === 'refused'

const REFUSED: FaultKind<LinkPlan> = {
  name: 'link-refused',
  family: 'network',
  does: 'a link refuses connections, and those that it had are closed',
  witnessed: 'a connection from inside the pod is refused',
  cannotShow: 'a lost network: whoever calls is told so at once',
  source: 'HLD:39-41',
  final: false,
  targets: LINK_TARGETS,
  parameters: {},
  needs: [],
  async plan(cluster, { target }, seed) {
    const links = await linksOf(cluster, target, seed)
    return { target: linksText(target, links), touches: podsOf(links), links }
  },
  async inject(_cluster, { links }, { clock }) {
    const issued = clock.now()
    await setAll(links, false)
    return { issued, proven: clock.now() }
  },
  async witness({ docker }, { links }) {
    const looked = await lookThrough(docker, links, { speaks: 'nothing' })
    return seen(
      looked.every(isRefused),
      `a connection is refused from inside the pod: ${links.length} links, such as ${example(links)}`,
      oddOnes(looked, isRefused),
    )
  },
  async heal(docker, { links }) {
    await setAll(await onLivingPods(docker, links), true)
  },
  residue: disabled,
}

export const LINK_FAULTS: readonly FaultKind[] = [REFUSED]

/** Connections through these links are refused. */
export const refused = (links: string): Fault<LinkPlan> => aimed(REFUSED, links)

const example = ([first]: readonly AimedLink[]): string =>
  first === undefined ? 'none' : linkText(first)

/** Opens or closes every one of them. */
export async function setAll(links: readonly AimedLink[], enabled: boolean): Promise<void> {
  await Promise.all(
    links.map(({ toxiproxy, link }) => new Links(toxiproxy).setEnabled(link, enabled)),
  )
}

/** Those that do not listen, in words. */
export async function disabled(
  docker: Docker,
  { links }: Pick<LinkPlan, 'links'>,
): Promise<readonly string[]> {
  const left = (await onLivingPods(docker, links)).map(async (each) => {
    const { enabled } = await new Links(each.toxiproxy).state(each.link)
    return enabled ? [] : [`link ${linkText(each)} is disabled`]
  })
  return (await Promise.all(left)).flat()
}
