import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, NeverHappened, notYet } from '../lib/until.ts'
import type { ProbeStatus } from './live-status.ts'
import { StatusNews } from './status-news.ts'

const status = (t: number): ProbeStatus => ({
  t,
  lanes: {},
  nodes: {},
  writes: { sent: 0, acknowledged: 0, refused: 0, unknown: 0 },
})

const at = (wanted: number) => (seen: ProbeStatus) =>
  seen.t === wanted ? happened(seen) : notYet(`t is ${seen.t}`)

describe('news of the probe', () => {
  test('end a wait with the status that shows the fact', async () => {
    const news = new StatusNews()
    const waiting = news.until('t is 2', at(2), { within: seconds(5) })
    news.publish(status(1))
    news.publish(status(2))
    expect(await waiting).toEqual(status(2))
  })

  test('end a wait at once when the latest status shows it already', async () => {
    const news = new StatusNews()
    news.publish(status(2))
    expect(await news.until('t is 2', at(2), { within: seconds(5) })).toEqual(status(2))
  })

  test('that never come say what was seen last', async () => {
    const news = new StatusNews()
    news.publish(status(1))
    const waiting = news.until('t is 2', at(2), { within: milliseconds(30) })
    await expect(waiting).rejects.toBeInstanceOf(NeverHappened)
    await expect(waiting).rejects.toMatchObject({ what: 't is 2', lastSeen: 't is 1' })
  })

  test('that end fail who waits, and who would wait from then on', async () => {
    const news = new StatusNews()
    const died = new Error('the probe died')
    const waiting = news.until('t is 2', at(2), { within: seconds(5) })
    news.end(died)
    await expect(waiting).rejects.toBe(died)
    await expect(news.until('t is 2', at(2), { within: seconds(5) })).rejects.toBe(died)
  })

  test('are left alone by who gives up', async () => {
    const news = new StatusNews()
    const enough = new Error('Ctrl-C')
    const stop = new AbortController()
    const waiting = news.until('t is 2', at(2), { within: seconds(5), signal: stop.signal })
    stop.abort(enough)
    await expect(waiting).rejects.toBe(enough)
    news.publish(status(2))
  })

  test('fail a wait whose look throws, and reach the other watchers', async () => {
    const news = new StatusNews()
    const bug = new TypeError('x is undefined')
    const waiting = news.until(
      'never',
      () => {
        throw bug
      },
      { within: seconds(5) },
    )
    const seen: number[] = []
    const unwatch = news.watch(({ t }) => seen.push(t))
    news.publish(status(1))
    unwatch()
    news.publish(status(2))
    await expect(waiting).rejects.toBe(bug)
    expect(seen).toEqual([1])
  })
})
