import { takeForRefused } from './misread-answers.ts'

takeForRefused()
await import('../probes/probe-process.ts')
