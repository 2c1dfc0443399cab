import { RunClock } from '../lib/clock.ts'
import type { ToProbe } from '../probes/probe-message.ts'
import { readBackFromMemory } from './own-cache.ts'

/** The probe's process, which reads its own writes back before it ends. */

let record: { readonly directory: string; readonly clock: RunClock } | undefined

await import('../probes/probe-process.ts')

const send = process.send?.bind(process)
process.on('message', (message: ToProbe) => {
  if (message.do !== 'configure') return
  const { directory, clockBase } = message.configuration
  record = { directory, clock: new RunClock(BigInt(clockBase)) }
})

// The files are closed when the probe says that it has stopped; only then it remembers all.
process.send = ((message: { said: string }, ...rest: unknown[]) => {
  const tell = () => send?.(message, ...(rest as [])) ?? false
  if (message.said !== 'stopped' || record === undefined) return tell()
  void readBackFromMemory(record.directory, record.clock).then(tell)
  return true
}) as NonNullable<typeof process.send>
