import type { Defect, Plant } from '../defect.ts'

const pending = (level: 'L1' | 'L2', detectors: readonly string[], reason: string): Plant => ({
  level,
  kind: 'pending',
  detectors,
  reason,
})

/** Nodes, balancer, load and everything around a cluster; most need features that come later. */
export const SURROUNDINGS: readonly Defect[] = [
  {
    id: 'M21',
    title: 'a k6 threshold is missing, always true or misnamed; its exit code is ignored',
    plants: [
      pending('L1', ['threshold manifest', 'samples > 0'], 'needs k6 (load and latency)'),
      pending(
        'L2',
        ['dropped_iterations = 0', 'an injected 300 ms must miss'],
        'needs k6 and the fault "latency" (load and latency)',
      ),
    ],
  },
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
