import type { Cluster } from '../cluster/cluster.ts'
import { seconds } from '../lib/duration.ts'
import type { Planted } from '../sabotage.ts'
import type { RealDefect } from './real-defects.ts'

/** What is made wrong of a load, its scripts or its way to the balancer. */

/** As in the suite `smoke`: enough for a p99 of all requests together. */
const SHORT = { load: seconds(30) }

export const OF_LOAD: readonly RealDefect[] = [
  {
    id: 'M21',
    title: "300 ms more on the clients' way to the balancer",
    way: '300 ms on the way',
    scenario: 'load-slo',
    lengths: SHORT,
    detectors: ['slo'],
    sabotage: () => ({
      verbs: (verbs) => ({
        ...verbs,
        // After the gate that would find it: nobody looks again while the load runs.
        loaded: () => slowed(verbs.cluster, 300, verbs.loaded),
      }),
    }),
  },
  {
    id: 'M21',
    title: "the load's script forgets the limits that it was given",
    way: 'thresholds forgotten',
    scenario: 'load-slo',
    lengths: SHORT,
    detectors: ['load-thresholds'],
    sabotage: () => ({
      plant: scripted((text) => text.replace('of objectives) {', 'of objectives.slice(1)) {')),
    }),
  },
  {
    id: 'M21',
    title: "the load's script writes a limit to another metric",
    way: 'threshold misnamed',
    scenario: 'load-slo',
    lengths: SHORT,
    detectors: ['load-thresholds'],
    sabotage: () => ({
      plant: scripted((text) =>
        text.replace(
          "'http_req_failed' : 'http_req_duration', op)",
          "'http_req_failed' : 'http_req_waiting', op)",
        ),
      ),
    }),
  },
]

const TOXIC = { name: 'sabotage', type: 'latency', stream: 'downstream' } as const

async function slowed(cluster: Cluster, latencyMs: number, act: () => Promise<void>) {
  const { links } = cluster.pod('operator')
  await links.addToxic('balancer', { ...TOXIC, attributes: { latency: latencyMs, jitter: 0 } })
  try {
    await act()
  } finally {
    await links.removeToxic('balancer', TOXIC.name)
  }
}

/** The generator is given another text of the script that writes its thresholds. */
const scripted =
  (change: (text: string) => string) =>
  async (cluster: Cluster): Promise<Planted> => {
    const { workplace } = cluster
    const make = workplace.generator.bind(workplace)
    workplace.generator = (spec) =>
      make({
        ...spec,
        files: (spec.files ?? []).map((file) => {
          if (!file.path.endsWith('/slo.ts')) return file
          const content = change(String(file.content))
          if (content === file.content)
            throw new Error('the sabotage changed nothing in the script')
          return { ...file, content }
        }),
      })
    return { cluster, undo: async () => {} }
  }
