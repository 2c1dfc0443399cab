import { Lane } from '../probes/lane.ts'
import type { Slot } from '../probes/schedule.ts'

/**
 * M16: the probe as a closed loop. A lane sends nothing while a request of its own is without an
 * answer, and does not say so: the slots of an outage are simply not there.
 */
const busy = new WeakSet<Lane>()
const { send } = Lane.prototype

Lane.prototype.send = function (this: Lane, slot: Slot): void {
  if (busy.has(this)) return
  busy.add(this)
  send.call(this, slot)
  void this.drained().then(() => busy.delete(this))
}

await import('../probes/probe-process.ts')
