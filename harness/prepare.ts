import { extraServices } from './cluster/needs.ts'
import { AT_LEAST, Guard, roomOf } from './guard.ts'
import type { RunOptions } from './run.ts'
import { connectDocker, type Docker } from './stack/docker.ts'
import { resolveImages } from './stack/images.ts'
import type { AwsService } from './stack/localstack.ts'
import { pickProduct } from './stack/pick-product.ts'
import { type OnDemand, STAGE_IMAGES } from './stage.ts'
import { sweepUp } from './sweep-up.ts'
import { needsOf } from './variant.ts'
import type { Product } from './vault/product.ts'

export type Preparation = Pick<
  RunOptions,
  'say' | 'settings' | 'signal' | 'offline' | 'product' | 'confirm' | 'atLeast'
> & {
  /** Beyond what every stage stands on. */
  readonly also?: readonly OnDemand[]
}

/**
 * What must be there before anything is started: an engine with room, what dead runs left swept
 * from it, and the images.
 * @throws {EngineUnavailable} {ComponentUnavailable} {SafetyStop}
 */
export async function prepare(options: Preparation) {
  const { say, settings, signal, offline } = options
  const docker = await connectDocker({ dial: settings.dial })
  const { removed } = await sweepUp(docker)
  const guard = new Guard(await roomOf(docker), options.atLeast ?? AT_LEAST)
  if (removed.length > 0) {
    const runs = new Set(removed.map(({ run }) => run)).size
    say(`swept ${removed.length} leftovers of ${runs} run(s) that are no longer alive`)
  }
  const chosen = await chooseProducts(docker, options)
  const images = await resolveImages(
    docker,
    [...STAGE_IMAGES, ...chosen, ...(options.also ?? [])],
    {
      sources: settings.sources,
      offline,
      // Assembly takes more of the disk than anything after it.
      signal: AbortSignal.any([signal, guard.signal]),
      onProgress: say,
      ...(options.confirm === undefined ? {} : { confirm: options.confirm }),
    },
  )
  return { docker, chosen, images, guard }
}

async function chooseProducts(docker: Docker, options: Preparation): Promise<readonly Product[]> {
  if (options.product === 'both') return ['openbao', 'vault']
  const { product, because } = await pickProduct(docker, options.product, {
    sources: options.settings.sources,
    offline: options.offline,
  })
  options.say(because)
  return [product]
}

/** The operator's image is large, the generator's takes minutes to compile, and few want either. */
export function calledFor(selected: RunOptions['selected']): readonly OnDemand[] {
  const types = selected.some(
    ({ scenario, variant }) => needsOf(scenario, variant).operator === 'shell',
  )
  const loads = selected.some(({ scenario }) => scenario.traffic !== undefined)
  return [...(types ? (['operator'] as const) : []), ...(loads ? (['k6'] as const) : [])]
}

/** Services of AWS that few scenarios use. */
export const servicesFor = (selected: RunOptions['selected']): readonly AwsService[] => [
  ...new Set(
    selected.flatMap(({ scenario, variant }) => extraServices(needsOf(scenario, variant))),
  ),
]
