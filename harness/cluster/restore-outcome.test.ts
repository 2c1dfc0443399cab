import { expect, test } from 'vitest'
import { lasting, outcomeOf, type RestoreSigns, whyIn } from './restore-outcome.ts'

const SERVES: RestoreSigns = {
  state: 'leader',
  original: 'valid',
  own: 'refused',
  canary: true,
}

test.each<[string, Partial<RestoreSigns>, string]>([
  ['serves the snapshot', {}, 'restored'],
  ['is sealed', { state: 'sealed' }, 'sealed'],
  ['has ended', { state: 'ended with exit code 1' }, 'ended with exit code 1'],
  ['fails', { state: 'failing (500)' }, 'failing (500)'],
  ['knows its own token still', { own: 'valid' }, 'as before'],
  ['knows neither token', { original: 'refused' }, 'open: the original token is refused'],
  ['says nothing of its own token', { own: 'unknown' }, 'its own unknown'],
  ['lacks the secrets', { canary: false }, 'the canary gone'],
])('a node that %s is called that', (_what, signs, word) => {
  expect(outcomeOf({ ...SERVES, ...signs })).toContain(word)
})

test('nothing is called restored when any sign of it is missing', () => {
  const states = ['leader', 'standby', 'sealed', 'silent']
  const tokens = ['valid', 'refused', 'unknown'] as const
  const all = states.flatMap((state) =>
    tokens.flatMap((original) =>
      tokens.flatMap((own) =>
        [true, false].map((canary): RestoreSigns => ({ state, original, own, canary })),
      ),
    ),
  )
  expect(all.filter((signs) => outcomeOf(signs) === 'restored')).toEqual([SERVES])
})

test('what passes is not the end', async () => {
  const seen = ['silent', 'sealed', 'restored']
  const look = async () => seen.shift() ?? 'nothing'
  expect(await lasting('it ends', look, (now) => now === 'restored')).toBe('restored')
})

test('the reason of a failed restore is the last that its log tells of it', () => {
  const log = (...messages: readonly string[]) =>
    ['==> server started!', ...messages.map((each) => JSON.stringify({ '@message': each }))].join(
      '\n',
    )
  const reloads = 'failed to perform key upgrades, reloading using auto seal'
  const failed = 'raft snapshot restore failed to get stored keys'
  expect(whyIn(log('restoring', reloads, failed, 'unlocking HA lock failed'))).toBe(failed)
  expect(whyIn(log('restoring', 'unlocking HA lock failed'))).toBe('its log does not say why')
})
