import { describe, expect, test } from 'vitest'
import type { ObjectiveSpec } from '../journal/entry.ts'
import { madeRun } from './made-record.ts'
import {
  adding,
  both,
  changing,
  frozen,
  judged,
  lostWrite,
  objectives,
  rpoSpec,
  rtoSpec,
  rtoWithin,
  without,
} from './spoiled.ts'

const failedStep = {
  message: 'PUT sys/unseal on vault-2 answered 400',
  infrastructure: false,
  step: { procedure: 'unseal-nodes', title: 'Open the nodes' },
}

describe('a scenario that did not come to its end', () => {
  test.each([
    ['was aborted', adding(11_000, 'aborted', { why: 'stopped by SIGINT' }), 'aborted', undefined],
    [
      'met an infrastructure error',
      adding(11_000, 'error', { message: 'docker is gone', infrastructure: true }),
      'inconclusive',
      'infrastructure',
    ],
    [
      'met a wait that expired',
      adding(11_000, 'error', { message: '"three voters" never happened', infrastructure: false }),
      'inconclusive',
      'assumption',
    ],
    ['met a step that failed', adding(11_000, 'error', failedStep), 'failed', undefined],
    [
      'met a step that failed because the machine did',
      adding(11_000, 'error', { ...failedStep, infrastructure: true }),
      'inconclusive',
      'infrastructure',
    ],
    [
      'met a step that failed, and then a machine that did',
      both(
        adding(11_000, 'error', failedStep),
        adding(11_500, 'error', { message: 'docker is gone', infrastructure: true }),
      ),
      'inconclusive',
      'infrastructure',
    ],
    [
      'met a step that failed on a cluster that was not clean',
      both(
        adding(11_000, 'error', failedStep),
        changing('gate', (gate) => ({ ...gate, held: false, reason: 'vault-2 is down' })),
      ),
      'inconclusive',
      'assumption',
    ],
    [
      'needs what this machine cannot do',
      both(
        without('fault.injected'),
        adding(11_000, 'skipped', { why: 'packet-loss cannot be done here: no random match' }),
      ),
      'skipped',
      undefined,
    ],
    ['has no end in its journal', without('ended'), 'inconclusive', 'infrastructure'],
  ] as const)('that %s is never passed', async (_, spoil, verdict, cause) => {
    const found = await judged(spoil)

    expect(found.verdict).toBe(verdict)
    expect(found.cause).toBe(cause)
  })

  test('says which step it was, and why it failed', async () => {
    const { why, detected } = await judged(adding(11_000, 'error', failedStep))

    expect(why).toBe(
      'step "Open the nodes" of unseal-nodes failed: PUT sys/unseal on vault-2 answered 400',
    )
    expect(detected).toEqual(['step'])
  })

  test('whoever skips after a fault was injected has not skipped', async () => {
    const { verdict, cause } = await judged(
      adding(11_000, 'skipped', { why: 'packet-loss cannot be done here' }),
    )

    expect({ verdict, cause }).toEqual({ verdict: 'inconclusive', cause: 'infrastructure' })
  })

  test('an engine that died does not make the service late', async () => {
    const endless = madeRun({
      outages: [{ fromMs: 5805, toMs: 99_000 }],
      frozen: { objectives: [rtoWithin(2000)] },
    })
    const found = await judged(
      adding(11_000, 'error', { message: 'docker is gone', infrastructure: true }),
      endless,
    )

    expect(found).toMatchObject({ verdict: 'inconclusive', cause: 'infrastructure' })
  })

  test('a service that never came back is late without such an error', async () => {
    const endless = madeRun({
      outages: [{ fromMs: 5805, toMs: 99_000 }],
      frozen: { objectives: [rtoWithin(2000)] },
    })

    expect((await judged(undefined, endless)).verdict).toBe('failed')
  })
})

describe('an expected miss', () => {
  const expected = { missed: 'rto', because: 'good again' }
  const slow = objectives(rtoWithin(200), rpoSpec)
  test.each([
    ['comes as it should', both(slow, frozen({ expects: [expected] })), 'passed'],
    ['does not come', frozen({ expects: [expected] }), 'failed'],
    [
      'comes for another reason',
      both(slow, frozen({ expects: [{ ...expected, because: 'sealed' }] })),
      'failed',
    ],
    [
      'comes together with one that nobody expects',
      both(slow, lostWrite, frozen({ expects: [expected] })),
      'failed',
    ],
    ['names no objective', frozen({ expects: [{ missed: 'moon', because: '.' }] }), 'inconclusive'],
    [
      'comes, but nobody saw the fault',
      both(slow, without('fault.witnessed'), frozen({ expects: [expected] })),
      'inconclusive',
    ],
  ] as const)('that %s', async (_, spoil, verdict) => {
    expect((await judged(spoil)).verdict).toBe(verdict)
  })
})

test('an objective of a later version is not met', async () => {
  const later = { kind: 'uptime', id: 'uptime' } as unknown as ObjectiveSpec
  const found = await judged(objectives(rtoSpec, later))

  expect(found.objectives[1]).toMatchObject({ verdict: 'inconclusive', cause: 'assumption' })
})

test('a scenario that promises nothing does not pass', async () => {
  expect(await judged(objectives())).toMatchObject({ verdict: 'inconclusive', cause: 'vacuous' })
})
