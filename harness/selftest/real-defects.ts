import type { Cluster } from '../cluster/cluster.ts'
import type { FaultPlan, Injection } from '../faults/fault.ts'
import { type Duration, milliseconds, seconds } from '../lib/duration.ts'
import { happened, until } from '../lib/until.ts'
import type { DetectorId } from '../objectives/detections.ts'
import type { Planted, Sabotage } from '../sabotage.ts'
import { readHealth } from '../vault/health.ts'
import { Liar, type Lie } from './liar.ts'
import {
  acknowledgesAlone,
  cachesReads,
  deletesNothing,
  forbidsForwarding,
  sendsTwice,
} from './lies.ts'
import { DAMAGE } from './real-damage.ts'
import { OF_LOAD } from './real-load.ts'
import { RESTORED } from './real-restores.ts'

/**
 * Defects planted in a real cluster (level L2): somebody lies between clients and balancer, the
 * balancer is set wrong, a fault does nothing, an earlier run left something behind.
 */
export type RealDefect = {
  readonly id: string
  readonly title: string
  /** What is wrong, where a defect is planted in more than one way. */
  readonly way?: string
  /** Which scenario is run in the sabotaged world. */
  readonly scenario: string
  /** How long its parts last, where that is shorter than the scenario's own. */
  readonly lengths?: Readonly<Record<string, Duration>>
  /** One of these must ring. */
  readonly detectors: readonly DetectorId[]
  /** Made anew for each run: a lie has a memory. */
  readonly sabotage: () => Omit<Sabotage, 'defect'>
}

export const REAL_DEFECTS: readonly RealDefect[] = [
  ...DAMAGE,
  ...OF_LOAD,
  ...RESTORED,
  {
    id: 'M01',
    title: 'a proxy acknowledges every seventh write with an invented version and forwards nothing',
    scenario: 'follower-loss',
    detectors: ['lost-write', 'A1', 'A5'],
    sabotage: () => ({ plant: lying(acknowledgesAlone(7)) }),
  },
  {
    id: 'M02',
    title: 'a proxy forwards every second write twice',
    scenario: 'follower-loss',
    detectors: ['A1', 'A4'],
    sabotage: () => ({ plant: lying(sendsTwice(2)) }),
  },
  {
    id: 'M03',
    title: 'a proxy answers reads from a memory of 2 s',
    scenario: 'follower-loss',
    detectors: ['A2', 'B'],
    sabotage: () => ({ plant: lying(cachesReads(2000)) }),
  },
  {
    id: 'M05',
    title: 'the balancer checks no node',
    scenario: 'follower-loss',
    detectors: ['no-outage'],
    sabotage: () => ({
      plant: balancing((text) => text.replaceAll(/^( +server .*?) check .*$/gm, '$1')),
    }),
  },
  {
    id: 'M06',
    title: 'the balancer sends writes to standbys that cannot forward them',
    scenario: 'leader-crash',
    detectors: ['error', 'enough-samples', 'rto'],
    sabotage: () => ({
      plant: both(
        balancing((text) =>
          text.replace('uri /v1/sys/health', 'uri /v1/sys/health?standbyok=true'),
        ),
        lying(forbidsForwarding),
      ),
    }),
  },
  {
    id: 'M12',
    title: 'a proxy acknowledges deletes and deletes nothing',
    scenario: 'follower-loss',
    detectors: ['resurrected', 'B'],
    sabotage: () => ({ plant: lying(deletesNothing) }),
  },
  {
    id: 'M19',
    title: 'a fault does nothing',
    scenario: 'follower-loss',
    detectors: ['fault-witnessed', 'must-observe'],
    sabotage: () => ({
      verbs: (verbs) => ({
        ...verbs,
        inject: (...faults) =>
          verbs.inject(
            ...faults.map((fault) => ({
              ...fault,
              kind: {
                ...fault.kind,
                inject: async (_cluster: Cluster, _plan: FaultPlan, { clock }: Injection) => ({
                  issued: clock.now(),
                  proven: clock.now(),
                }),
              },
            })),
          ),
      }),
    }),
  },
  {
    id: 'M26',
    title: 'an earlier run left a disabled link behind',
    scenario: 'follower-loss',
    detectors: ['clean-start'],
    sabotage: () => ({
      plant: async (cluster) => {
        // The node's way to S3: nothing in this scenario uses it, so only a look can find it.
        await cluster.nodes[0]?.links.setEnabled('s3', false)
        return { cluster, undo: async () => {} }
      },
    }),
  },
]

type Plant = (cluster: Cluster) => Promise<Planted>

/** Clients reach the balancer through somebody who lies. */
const lying =
  (lie: Lie): Plant =>
  async (cluster) => {
    const { name, address, tls } = cluster.probeTargets.balancer
    const certificate = await cluster.authority?.issue({ name, dnsNames: [name], ips: [] })
    const liar = await Liar.start({ certificate, upstream: address, tls, lie })
    return { cluster: cluster.via(liar.address), undo: () => liar.close() }
  }

const CONFIGURATION = '/drill/haproxy.cfg'

/** The balancer starts again with another configuration. */
const balancing =
  (change: (text: string) => string): Plant =>
  async (cluster) => {
    const { container } = cluster.containers.find(({ name }) => name === 'balancer') ?? {}
    if (container === undefined) throw new Error('the cluster has no balancer')
    const before = await container.read(CONFIGURATION)
    const content = change(before)
    if (content === before) throw new Error('the sabotage changed nothing in the configuration')
    await container.put([{ path: CONFIGURATION, content }])
    await container.restart()
    const client = cluster.viaBalancer()
    await until(
      'the balancer is back',
      async () => happened(await readHealth(client, { within: seconds(1) })),
      { within: seconds(30), every: milliseconds(100) },
    )
    return { cluster, undo: async () => {} }
  }

const both =
  (first: Plant, second: Plant): Plant =>
  async (cluster) => {
    const one = await first(cluster)
    const two = await second(one.cluster)
    return {
      cluster: two.cluster,
      undo: async () => {
        await two.undo()
        await one.undo()
      },
    }
  }
