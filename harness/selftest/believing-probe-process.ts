import { takeForAcknowledged } from './misread-answers.ts'

takeForAcknowledged()
await import('../probes/probe-process.ts')
