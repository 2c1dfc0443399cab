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
    id: 'M15',
    title: 'a bit is flipped in the data of one standby',
    plants: [
      pending(
        'L2',
        ['every node read as leader', 'content hashes', 'log patterns'],
        'needs the faults on data (every fault)',
      ),
    ],
  },
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
    id: 'M22',
    title: 'the audit device is off, or blocked without a second one',
    plants: [
      pending('L2', ['audit continuity'], 'needs the faults on audit devices (every fault)'),
    ],
  },
  {
    id: 'M23',
    title: 'a KMS outage is "survived" because nothing was ever unsealed in it',
    plants: [
      pending(
        'L2',
        ['an unseal attempted while the KMS refused', 'KMS witness'],
        'needs the faults on the KMS (every fault)',
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
