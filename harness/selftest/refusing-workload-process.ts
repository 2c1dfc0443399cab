import { takeForRefused } from './misread-answers.ts'

takeForRefused()
await import('../probes/workload-process.ts')
