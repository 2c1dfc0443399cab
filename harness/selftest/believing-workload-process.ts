import { takeForAcknowledged } from './misread-answers.ts'

takeForAcknowledged()
await import('../probes/workload-process.ts')
