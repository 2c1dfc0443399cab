import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { run } from '../lib/command.ts'
import { withBuildLock } from './build-lock.ts'

const freshKey = () => `test-${randomBytes(6).toString('hex')}`

test('two builds of one recipe never overlap, and the second one is told to wait', async () => {
  const key = freshKey()
  const events: string[] = []
  const build = (name: string) =>
    withBuildLock(
      key,
      async () => {
        events.push(`${name} begins`)
        await sleep(100)
        events.push(`${name} ends`)
      },
      { onWait: () => events.push('waits') },
    )
  await Promise.all([build('a'), build('b'), build('c')])
  const [first, ...rest] = events.filter((event) => event !== 'waits')
  expect(events.filter((event) => event === 'waits')).toHaveLength(2)
  for (const [index, event] of [first, ...rest].entries()) {
    if (index % 2 === 0) expect(event).toMatch(/begins$/)
    else expect(event).toBe([first, ...rest][index - 1]?.replace('begins', 'ends'))
  }
})

test('a build that fails frees its recipe', async () => {
  const key = freshKey()
  const failing = withBuildLock(key, () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  await expect(withBuildLock(key, async () => 'built')).resolves.toBe('built')
})

test('one who waits can be stopped', async () => {
  const key = freshKey()
  const stop = new AbortController()
  const held = withBuildLock(key, () => sleep(500))
  const waiting = withBuildLock(key, async () => 'never', { signal: stop.signal })
  stop.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
  await held
})

test('a killed process leaves no lock', async () => {
  const key = freshKey()
  const module = new URL('build-lock.ts', import.meta.url).href
  const holdAndDie = `
    const { withBuildLock } = await import('${module}')
    await withBuildLock('${key}', async () => process.kill(process.pid, 'SIGKILL'))`
  await expect(
    run(process.execPath, ['--input-type=module', '-e', holdAndDie]),
  ).rejects.toMatchObject({ exit: 'SIGKILL' })
  await expect(withBuildLock(key, async () => 'built')).resolves.toBe('built')
})
