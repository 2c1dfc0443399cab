import type { DetectorId } from './detections.ts'

/** Gates that a busy host fails and no change of the code mends: they measure the machine. */
export const HOST_GATES: readonly DetectorId[] = [
  'calibration',
  'probe-coverage',
  'probe-process',
  'clocks',
  'host',
  'load-generator',
  'load-baseline',
  'operations', // fewer of them than aimed at
]
