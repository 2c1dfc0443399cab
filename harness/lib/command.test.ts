import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CommandFailed, run } from './command.ts'
import { milliseconds, seconds } from './duration.ts'

const shell = (script: string, options = {}) => run('sh', ['-c', script], options)

async function failureOf(command: Promise<string>): Promise<CommandFailed> {
  const error = await command.then(
    (output) => `it succeeded: ${output}`,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(CommandFailed)
  return error as CommandFailed
}

describe('a command', () => {
  test('gives its standard output without the last line break', async () => {
    expect(await shell('echo one; echo two; echo noise >&2')).toBe('one\ntwo')
  })

  test('gets its arguments as they are, without a shell', async () => {
    expect(await run('printf', ['%s|', 'a b', '$HOME', '*'])).toBe('a b|$HOME|*|')
  })

  test('gets its input, also when it does not read it', async () => {
    expect(await run('cat', [], { input: 'through' })).toBe('through')
    expect(await run('true', [], { input: 'x'.repeat(1_000_000) })).toBe('')
  })

  test('gets directory and environment', async () => {
    const output = await shell('pwd; echo $COLOUR', { cwd: '/', env: { COLOUR: 'blue' } })
    expect(output).toBe('/\nblue')
  })

  test('tells its lines of both streams while it runs', async () => {
    const lines: string[] = []
    await shell('echo out; echo err >&2', { onLine: (line: string) => lines.push(line) })
    expect(lines.toSorted()).toEqual(['err', 'out'])
  })

  test('that fails says what ran, its exit code and its last line', async () => {
    const failure = await failureOf(run('sh', ['-c', 'echo "no space left" >&2; exit 3', 'x', 'y']))
    expect(failure).toMatchObject({ program: 'sh', exit: 3, lastLines: ['no space left'] })
    expect(failure.message).toBe(
      'sh -c echo "no space left" >&2; exit 3 x failed with exit code 3: no space left',
    )
  })

  test('keeps only the last twenty lines of a long story', async () => {
    const failure = await failureOf(shell('seq 1 100; exit 1'))
    expect(failure.lastLines).toEqual(Array.from({ length: 20 }, (_, i) => String(81 + i)))
  })

  test('that does not exist is a failure too', async () => {
    const failure = await failureOf(run('no-such-program-here', []))
    expect(failure.message).toBe('no-such-program-here failed: could not start: no output')
    expect((failure.cause as NodeJS.ErrnoException).code).toBe('ENOENT')
  })

  test('that is killed names the signal', async () => {
    const failure = await failureOf(shell('kill -TERM $$'))
    expect(failure).toMatchObject({ exit: 'SIGTERM' })
  })

  test('is ended at its limit with everything it started', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'drill-command-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const within = milliseconds(150)
    const script = '(sleep 0.5; touch survived) & echo started; wait'
    const failure = await failureOf(shell(script, { within, cwd: directory }))
    expect(failure.message).toBe(`sh -c ${script} failed: no end after 150 ms: started`)
    await sleep(600)
    expect(readdirSync(directory)).toEqual([])
  })

  test('is ended by a signal, whose reason it throws', async () => {
    const enough = new Error('Ctrl-C')
    const stop = new AbortController()
    const command = shell('echo ready; sleep 60', {
      signal: stop.signal,
      within: seconds(20),
      onLine: () => stop.abort(enough),
    })
    await expect(command).rejects.toBe(enough)
  })

  test('is not started when the signal was aborted before', async () => {
    const enough = new Error('Ctrl-C')
    const lines: string[] = []
    const command = shell('echo started; sleep 5', {
      signal: AbortSignal.abort(enough),
      onLine: (line: string) => lines.push(line),
    })
    await expect(command).rejects.toBe(enough)
    expect(lines).toEqual([])
  })
})
