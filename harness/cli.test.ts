import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CommandFailed, run } from './lib/command.ts'
import { seconds } from './lib/duration.ts'

/** The command as a shell starts it, on a machine without an engine. */

const CLI = join(import.meta.dirname, 'cli.ts')
const CACHE = join(import.meta.dirname, '..', '.drill', 'compile-cache') // as ./drill sets it

async function drill(line: string, setting = {}) {
  const env = { DOCKER_HOST: 'unix:///nonexistent', NODE_COMPILE_CACHE: CACHE, ...setting }
  const options = { env, within: seconds(9) }
  try {
    return { exit: 0, said: await run(process.execPath, [CLI, ...line.split(' ')], options) }
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    return { exit: error.exit, said: error.lastLines.join('\n') }
  }
}

describe('a wrong command line ends with 64, one line and how to get help, as', () => {
  test.each([
    ['rum', /^error: unknown command 'rum'\n\(Did you mean run\?\)/],
    ['run leader-crush', /^there is no scenario "leader-crush"; did you mean leader-crash\?$/],
    ['judge nowhere', /^nowhere/],
  ])('%s', async (line, message) => {
    const { exit, said } = await drill(line)
    expect(said).toMatch(message)
    expect(said).not.toMatch(/^\s+at /m) // a stack is for bugs
    expect(exit).toBe(64)
  })

  test('a setting that is none', async () => {
    const said = 'DRILL_DIAL: "maybe" is neither direct nor published'
    expect(await drill('sweep', { DRILL_DIAL: 'maybe' })).toEqual({ exit: 64, said })
  })
})

test('a run without an engine ends with 10 and one sentence', async () => {
  expect(await drill('run bring-up')).toEqual({
    exit: 10,
    said: 'no Docker Engine found at /nonexistent: install one (on Debian or Ubuntu: apt-get install docker.io) or set DOCKER_HOST',
  })
})

test('doctor without an engine ends with 10 and says what else there is', async () => {
  const { exit, said } = await drill('doctor --json')
  const findings = JSON.parse(said) as { state: string; text: string }[]
  expect(findings[0]?.text).toMatch(/^Node \d+/)
  expect(findings.at(-1)).toMatchObject({
    state: 'bad',
    text: expect.stringContaining('no Docker'),
  })
  expect(exit).toBe(10)
})

test('the scenarios are listed as exactly one JSON document', async () => {
  const { said } = await drill('list --json')
  expect(JSON.parse(said)).toContainEqual({
    id: 'HA3',
    name: 'leader-handover',
    variants: ['step-down', 'sigterm'],
    source: 'HLD:875-877',
    suites: ['nightly'],
    title: 'The leader hands over on purpose while tenants write',
  })
})

test('without an engine all faults are listed, and why nobody knows what can be done', async () => {
  const { exit, said } = await drill('list faults --json')
  const rows = JSON.parse(said) as { name: string; available: unknown; reason: string }[]
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['kill', 'step-down']))
  expect(new Set(rows.map(({ available }) => available))).toEqual(new Set([null]))
  expect(rows[0]?.reason).toMatch(/^no Docker Engine found at \/nonexistent/)
  expect(exit).toBe(0)
})

test('a dry run says what would happen, and needs no engine', async () => {
  const { exit, said } = await drill('run ha2 leader-handover:sigterm --dry --repeat 2')
  expect(said).toContain('HA2  leader-crash × 2: The leader is killed while tenants write')
  expect(said).toContain('HA3  leader-handover:sigterm × 2: ')
  expect(said).toContain('objectives: rto (HLD:876), rpo (HLD:877); deadline 180 s')
  expect(exit).toBe(0)
})

test('help is no error', async () => {
  const { exit, said } = await drill('--help')
  expect(said).toContain('Usage: drill')
  expect(exit).toBe(0)
})
