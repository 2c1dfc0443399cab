import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Child, ChildDied } from './child.ts'
import { run } from './command.ts'
import { milliseconds, seconds } from './duration.ts'
import { happened, notYet, until } from './until.ts'

type ToChild = { readonly do: string }
type FromChild =
  | { readonly said: 'pong'; readonly environment: string[]; readonly argv: string[] }
  | { readonly said: 'bye' }

const parentModule = new URL('./parent.ts', import.meta.url).href
let directory: string
let module: URL

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-child-'))
  const path = join(directory, 'child.ts')
  writeFileSync(
    path,
    `import { connectToParent } from '${parentModule}'
     import { writeFileSync } from 'node:fs'
     const parent = connectToParent(() => writeFileSync('${directory}/orphaned', ''))
     parent.onMessage(async (message) => {
       if (message.do === 'ping') {
         parent.tell({ said: 'pong', environment: Object.keys(process.env), argv: process.argv.slice(2) })
       }
       if (message.do === 'throw') throw new Error('the disk is full')
       if (message.do === 'throw later') setTimeout(() => { throw new Error('later') }, 1)
       if (message.do === 'exit') process.exit(7)
       if (message.do === 'leave') parent.leave({ said: 'bye' })
     })
     setInterval(() => {}, 1000)`,
  )
  module = pathToFileURL(path)
})

afterAll(() => rmSync(directory, { recursive: true }))

function start(): { child: Child<ToChild, FromChild>; deaths: ChildDied[] } {
  const deaths: ChildDied[] = []
  const onDeath = (death: ChildDied) => void deaths.push(death)
  const child = new Child<ToChild, FromChild>({ name: 'the helper', module, onDeath })
  onTestFinished(async () => {
    child.kill()
    await child.gone
  })
  return { child, deaths }
}

const within = seconds(5)

describe('a child', () => {
  test('answers, and has neither our environment nor arguments', async () => {
    const { child } = start()
    const pong = await child.ask({ do: 'ping' }, { said: 'pong', within })
    expect(pong.argv).toEqual([])
    const own = /^NODE_(CHANNEL_|COMPILE_CACHE$)/
    expect(pong.environment.filter((name) => !own.test(name))).toEqual([])
  })

  test('that leaves in order is not reported dead', async () => {
    const { child, deaths } = start()
    child.allowEnd()
    expect(await child.ask({ do: 'leave' }, { said: 'bye', within })).toEqual({ said: 'bye' })
    await child.gone
    expect(deaths).toEqual([])
  })

  test.each([
    ['throws', 'throw', 'ended with exit code 1: the disk is full'],
    ['throws when nobody waits', 'throw later', 'ended with exit code 1: later'],
    ['exits', 'exit', 'ended with exit code 7: it said nothing'],
  ])('that %s is reported with what it said last', async (_title, order, message) => {
    const { child, deaths } = start()
    const asked = child.ask({ do: order }, { said: 'pong', within })
    await expect(asked).rejects.toBeInstanceOf(ChildDied)
    await child.gone
    expect(deaths.map((death) => death.message)).toEqual([
      `the helper (pid ${child.pid}) ${message}`,
    ])
  })

  test('that is killed is reported with the signal, and can be told nothing more', async () => {
    const { child, deaths } = start()
    await child.ask({ do: 'ping' }, { said: 'pong', within })
    process.kill(child.pid, 'SIGKILL')
    await child.gone
    expect(deaths).toHaveLength(1)
    expect(deaths[0]).toMatchObject({ exit: 'SIGKILL', pid: child.pid })
    expect(() => child.tell({ do: 'ping' })).toThrow(ChildDied)
    await expect(child.ask({ do: 'ping' }, { said: 'pong', within })).rejects.toThrow(ChildDied)
  })

  test('that says nothing within the limit fails the question', async () => {
    const { child } = start()
    const asked = child.ask({ do: 'nothing' }, { said: 'pong', within: milliseconds(50) })
    await expect(asked).rejects.toThrow('the helper did not say "pong" within 50 ms')
  })

  test('whose module does not exist dies with the reason', async () => {
    const deaths: ChildDied[] = []
    const child = new Child<ToChild, FromChild>({
      name: 'the helper',
      module: pathToFileURL(join(directory, 'missing.ts')),
      onDeath: (death) => void deaths.push(death),
    })
    await child.gone
    expect(deaths[0]?.message).toContain("Error: Cannot find module '")
  })

  test('whose parent is killed brings its affairs in order and ends', async () => {
    const script = `
      const { Child } = await import('${new URL('./child.ts', import.meta.url)}')
      const child = new Child({ name: 'x', module: new URL('${module}'), onDeath: () => {} })
      await child.ask({ do: 'ping' }, { said: 'pong', within: { ms: 5000 } })
      process.kill(process.pid, 'SIGKILL')`
    const parent = run(process.execPath, ['--input-type=module', '-e', script])
    await expect(parent).rejects.toMatchObject({ exit: 'SIGKILL' })
    const left = () =>
      existsSync(join(directory, 'orphaned')) ? happened(true) : notYet('no file')
    expect(await until('the child noticed', left, { within })).toBe(true)
  })
})
