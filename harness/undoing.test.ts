import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { DrillFolder, type Entry } from './drill-folder.ts'
import { kindNamed } from './faults/catalogue.ts'
import type { FaultKind } from './faults/fault.ts'
import { UndoBook } from './faults/undo-book.ts'
import { milliseconds } from './lib/duration.ts'
import type { Docker } from './stack/docker.ts'
import { inForce, undoAll } from './undoing.ts'

let folder: DrillFolder
let entry: Entry
let book: UndoBook
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'undoing-'))
  folder = new DrillFolder(root)
  entry = folder.enter({ run: 'a1', kind: 'stack' })
  book = new UndoBook(join(folder.pathOf('a1'), 'undo'))
  return () => rmSync(root, { recursive: true })
})

/** An engine with these containers; each start of one counts, and tells whether it runs then. */
function engineWith(containers: Readonly<Record<string, (starts: number) => boolean>>) {
  const starts: Record<string, number> = {}
  const getContainer = (id: string) => ({
    inspect: async () => {
      const runs = containers[id]
      if (runs === undefined)
        throw Object.assign(new Error('no such container'), { statusCode: 404 })
      const started = starts[id] ?? 0
      const Running = runs(started)
      // Each start is another process.
      const State = { Running, Pid: Running ? STOPPED_PID + started : 0 }
      return { Config: { Labels: { 'vault-drill.run': 'a1' } }, State }
    },
    start: async () => {
      starts[id] = (starts[id] ?? 0) + 1
    },
  })
  return { docker: { engine: { getContainer } } as unknown as Docker, starts }
}

const STOPPED_PID = 1000

const stopped = (name: string, container = name) =>
  book.write(kindNamed('stop'), {
    target: name,
    touches: [container],
    container,
    pid: STOPPED_PID,
  } as Parameters<UndoBook['write']>[1])
const PATIENCE = { settles: milliseconds(1), residue: milliseconds(10) }
const undone = async (docker: Docker) =>
  (await undoAll(docker, inForce(folder, entry), PATIENCE)).map(({ outcome, says }) => [
    outcome,
    says,
  ])

test('what is healed is in force no more, and its plan is kept', async () => {
  stopped('vault-1')
  const { docker, starts } = engineWith({ 'vault-1': (n) => n > 0 })
  expect(await undone(docker)).toEqual([['healed', 'stop of vault-1']])
  expect(starts).toEqual({ 'vault-1': 1 })
  expect(inForce(folder, entry)).toEqual([])
  expect(readdirSync(book.directory)).toEqual(['01-stop.json.done'])
})

test('a server that ends again while others are healed is started again', async () => {
  stopped('vault-1')
  stopped('vault-2')
  let looks = 0
  const { docker, starts } = engineWith({
    'vault-1': (n) => n > 0,
    'vault-2': (n) => n > 1 || (n === 1 && looks++ === 0),
  })
  expect(await undone(docker)).toEqual([
    ['healed', 'stop of vault-2'],
    ['healed', 'stop of vault-1'],
  ])
  expect(starts['vault-2']).toBe(2)
})

test('what does not go away is named, and stays in force', async () => {
  stopped('vault-1')
  const { docker } = engineWith({ 'vault-1': () => false })
  expect(await undone(docker)).toEqual([['residue', 'stop of vault-1: vault-1 is not running']])
  expect(inForce(folder, entry).map(({ id }) => id)).toEqual(['01-stop'])
})

test('where the containers are gone there is nothing to heal', async () => {
  stopped('vault-1', 'gone')
  const { docker, starts } = engineWith({})
  expect(await undone(docker)).toEqual([['gone', 'stop of vault-1: its containers are gone']])
  expect(starts).toEqual({})
  expect(existsSync(join(book.directory, '01-stop.json'))).toBe(false)
})

test('a plan of a fault that nobody knows stops no other from being healed', async () => {
  stopped('vault-1')
  book.write({ name: 'stpo', final: false } as FaultKind, { target: 'vault-2', touches: [] })
  const { docker } = engineWith({ 'vault-1': (n) => n > 0 })
  expect(await undone(docker)).toEqual([
    [
      'stuck',
      expect.stringMatching(/^stpo of vault-2: there is no fault "stpo"; did you mean "stop"/),
    ],
    ['healed', 'stop of vault-1'],
  ])
})
