import { type Gate, sound } from './gate.ts'

const HOST_IDLE_MIN = 0.03
const BUSY_SECONDS_MAX = 0.25

/**
 * A host without a free CPU delays servers, balancer and clients alike, and what it adds would be
 * counted as the product's. Records of before it was measured have no such gate.
 * @param idle each second's share of the host's CPU time that nobody wanted, 0…1.
 */
export function hostGate(idle: readonly number[], guards: readonly string[]): readonly Gate[] {
  if (idle.length === 0) return []
  const busy = idle.filter((share) => share < HOST_IDLE_MIN).length
  const reason = `the host had no CPU to spare in ${busy} of ${idle.length} seconds, allowed is a quarter of them`
  return [sound('host', guards, busy / idle.length <= BUSY_SECONDS_MAX, reason)]
}
