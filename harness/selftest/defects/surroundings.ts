import type { Defect, Plant } from '../defect.ts'

const pending = (level: 'L2', detectors: readonly string[], reason: string): Plant => ({
  level,
  kind: 'pending',
  detectors,
  reason,
})

/** Nodes, balancer, load and everything around a cluster; most need features that come later. */
export const SURROUNDINGS: readonly Defect[] = [
  {
    id: 'M24',
    title: "the other region still reads the first one's S3 and KMS",
    plants: [
      pending(
        'L2',
        ['0 bytes to the first region after the cut'],
        'needs a second region (disaster recovery)',
      ),
    ],
  },
]
