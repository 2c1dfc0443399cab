import type { Docker } from './docker.ts'
import { type ImageOptions, localImage, publicReferenceOf } from './images.ts'
import { loadPins } from './pins.ts'
import { formatReference } from './reference.ts'
import { canBePulled } from './registry.ts'

/**
 * Which product a run without an explicit wish takes: HashiCorp Vault, which the documents name,
 * where its image is there or can be pulled; else OpenBao. Building Vault takes ten minutes, so
 * that needs an explicit wish.
 */
export async function pickProduct(
  docker: Docker,
  wanted: 'auto' | 'vault' | 'openbao',
  { sources, offline = false }: ImageOptions,
): Promise<{ readonly product: 'vault' | 'openbao'; readonly because: string }> {
  if (wanted !== 'auto') return { product: wanted, because: `product ${wanted}, as asked` }
  const pins = loadPins()
  const override = sources.overrides.vault
  if (override !== undefined) {
    return { product: 'vault', because: `product vault: DRILL_IMAGE_VAULT names ${override}` }
  }
  const local = await localImage(docker, 'vault', sources)
  if (local !== undefined) {
    return { product: 'vault', because: `product vault: ${local.reference} is on the engine` }
  }
  const reference = publicReferenceOf('vault', pins, sources)
  if (!offline && (await canBePulled(docker.engine, reference, sources.registry))) {
    return {
      product: 'vault',
      because: `product vault: ${formatReference(reference)} can be pulled`,
    }
  }
  return {
    product: 'openbao',
    because: `product openbao: no image of Vault ${pins.versions.vault} is on the engine and none can be pulled ("./drill images build vault" makes one)`,
  }
}
