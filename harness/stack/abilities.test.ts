import { expect, test } from 'vitest'
import { type Abilities, whyNot } from './abilities.ts'

const ABLE: Abilities = {
  'net-admin': true,
  'random-drop': 'iptables has no random match',
  'rate-limit': true,
  pause: true,
  unplug: true,
  'memory-limit': 'the engine has no memory limits',
  'cpu-quota': true,
  'io-throttle': true,
  privileged: true,
}

test.each([
  [[], undefined],
  [['net-admin', 'pause'], undefined],
  [['net-admin', 'random-drop'], 'iptables has no random match'],
  [['memory-limit', 'random-drop'], 'the engine has no memory limits'],
] as const)('what needs %j is kept from it by: %s', (needs, why) => {
  expect(whyNot(needs, ABLE)).toBe(why)
})
