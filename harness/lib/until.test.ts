import { AssertionError } from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from './duration.ts'
import { happened, NeverHappened, notYet, until } from './until.ts'

const short = { within: milliseconds(60), every: milliseconds(5) }

describe('until', () => {
  test('gives the value of the first look that has it', async () => {
    let looks = 0
    const value = await until(
      'the third look',
      () => (++looks === 3 ? happened(looks) : notYet('too early')),
      short,
    )
    expect(value).toBe(3)
  })

  test('says what was wanted, how long it waited and what it saw last', async () => {
    let looks = 0
    const wait = until('vault-2 is unsealed', () => notYet(`sealed, look ${++looks}`), short)
    const failure = await wait.catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(NeverHappened)
    const { what, waited, lastSeen, message } = failure as NeverHappened
    expect(what).toBe('vault-2 is unsealed')
    expect(waited.ms).toBeGreaterThanOrEqual(60)
    expect(lastSeen).toBe(`sealed, look ${looks}`)
    expect(message).toBe(
      `"vault-2 is unsealed" never happened in ${Math.round(waited.ms)} ms; last seen: ${lastSeen}`,
    )
  })

  test('takes an error as "not yet" and keeps it as the cause', async () => {
    const refused = new Error('connection refused')
    const wait = until(
      'it answers',
      () => {
        throw refused
      },
      short,
    )
    const failure = (await wait.catch((error: unknown) => error)) as NeverHappened
    expect(failure).toMatchObject({ lastSeen: 'connection refused', cause: refused })
  })

  test('forgets an error that a later look has replaced', async () => {
    let looks = 0
    const wait = until(
      'it leads',
      async () => {
        if (++looks === 1) throw new Error('connection refused')
        return notYet('standby')
      },
      short,
    )
    const failure = (await wait.catch((error: unknown) => error)) as NeverHappened
    expect(failure.lastSeen).toBe('standby')
    expect(failure.cause).toBeUndefined()
  })

  test.each([
    ['a TypeError', new TypeError('x is undefined')],
    ['a ReferenceError', new ReferenceError('x is not defined')],
    ['an AssertionError', new AssertionError({ message: 'no leader' })],
  ])('does not wait when %s shows a bug', async (_title, bug) => {
    let looks = 0
    const wait = until(
      'never',
      () => {
        looks++
        throw bug
      },
      { within: seconds(5) },
    )
    await expect(wait).rejects.toBe(bug)
    expect(looks).toBe(1)
  })

  test('waits on a TypeError with a cause: a failed fetch is none of our bugs', async () => {
    const failed = new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })
    const wait = until(
      'it answers',
      () => {
        throw failed
      },
      short,
    )
    await expect(wait).rejects.toBeInstanceOf(NeverHappened)
  })

  test.each([
    ['before', 0],
    ['while', 20],
  ])('ends with the reason of a signal that is aborted %s it waits', async (_title, afterMs) => {
    const enough = new Error('Ctrl-C')
    const controller = new AbortController()
    if (afterMs === 0) controller.abort(enough)
    else setTimeout(() => controller.abort(enough), afterMs)
    const wait = until('never', () => notYet('nothing'), {
      within: seconds(5),
      every: seconds(4),
      signal: controller.signal,
    })
    await expect(wait).rejects.toBe(enough)
  })

  test('looks once more at its limit instead of sleeping past it', async () => {
    const startedMs = performance.now()
    const wait = until('never', () => notYet('nothing'), {
      within: milliseconds(40),
      every: seconds(10),
    })
    await expect(wait).rejects.toBeInstanceOf(NeverHappened)
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  })
})
