import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { Cluster } from './cluster/cluster.ts'
import { type ClusterNeeds, extraServices } from './cluster/needs.ts'
import { wallClockMs } from './lib/clock.ts'
import { connectDocker, type Docker } from './stack/docker.ts'
import { type OnDemand, STAGE_IMAGES, Stage } from './stage.ts'
import { imagesOf } from './throw-away.ts'
import type { Product } from './vault/product.ts'

export type OnStage = {
  readonly docker: Docker
  readonly stage: Stage
  readonly cluster: Cluster
}

/** One stack for a file of contract tests, removed at its end; to be called at the top of it. */
export function onStage(
  label: string,
  needs: ClusterNeeds = {},
  product: Product = 'openbao',
  also: readonly OnDemand[] = [],
): () => OnStage {
  const { signal } = new AbortController()
  let on: OnStage | undefined
  beforeAll(async () => {
    const docker = await connectDocker()
    const images = await imagesOf(docker, [...STAGE_IMAGES, product, ...also])
    const runId = `contract-${randomBytes(3).toString('hex')}`
    const stage = await Stage.open(
      {
        docker,
        runId,
        images,
        label,
        startedMs: wallClockMs(),
        services: extraServices(needs),
      },
      signal,
    )
    try {
      const wish = { product, multiplier: 1, tls: true, needs } as const
      on = { docker, stage, cluster: await stage.cluster(wish, signal) }
    } catch (error) {
      await stage.close()
      throw error
    }
  })
  afterAll(() => on?.stage.close())
  return () => {
    if (on === undefined) throw new Error('the stack is not there yet')
    return on
  }
}
