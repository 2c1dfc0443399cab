import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { SavedCluster } from './cluster/saved.ts'
import { DrillFolder, isDead } from './drill-folder.ts'
import { kindNamed } from './faults/catalogue.ts'
import { UndoBook } from './faults/undo-book.ts'
import { Secret } from './lib/secret.ts'
import { inForce } from './undoing.ts'

let root: string
let folder: DrillFolder
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drill-folder-'))
  folder = new DrillFolder(root)
  return () => rmSync(root, { recursive: true })
})

const modeOf = (file: string) => statSync(file).mode & 0o777
const plan = { target: 'vault-1', touches: ['c0ffee'] }

test('what is entered is found by another process, beside things that are none of it', () => {
  mkdirSync(join(root, 'compile-cache'))
  writeFileSync(join(root, 'ready'), '')
  const stack = folder.enter({ run: 'b2', kind: 'stack', what: 'openbao', expires: '2026' })
  const run = folder.enter({ run: 'a1', kind: 'run', directory: '/reports/x' })
  expect(new DrillFolder(root).entries()).toEqual([run, stack])
  expect(isDead(run)).toBe(false)
  expect(isDead({ ...run, owner: run.owner.replace(/\/[^/]*$/, '/1') })).toBe(true)
  folder.remove('a1')
  folder.remove('a1')
  expect(folder.entries()).toEqual([stack])
})

test('a folder that is not there has no entries', () => {
  expect(new DrillFolder(join(root, 'nowhere')).entries()).toEqual([])
})

test('secrets come back as they were, and only their user can read them', () => {
  folder.enter({ run: 'a1', kind: 'stack' })
  expect(folder.cluster('a1')).toBeUndefined()
  const saved = {
    run: 'a1',
    rootToken: new Secret('s.root'),
    recoveryKeys: [new Secret('one'), new Secret('two')],
    authority: { ca: 'CA', key: new Secret('KEY') },
  } as unknown as SavedCluster
  const files = folder.saveCluster(saved)
  const again = folder.cluster('a1') as SavedCluster
  expect(again.rootToken).toBeInstanceOf(Secret)
  expect(again.recoveryKeys.map((key) => key.reveal())).toEqual(['one', 'two'])
  expect([again.authority?.ca, again.authority?.key.reveal()]).toEqual(['CA', 'KEY'])
  expect(JSON.stringify(again)).not.toMatch(/s\.root|KEY"/)
  expect(readFileSync(files.token, 'utf8')).toBe('s.root')
  expect(readFileSync(files.ca ?? '', 'utf8')).toBe('CA')
  expect(modeOf(folder.pathOf('a1'))).toBe(0o700)
  const names = readdirSync(folder.pathOf('a1')).toSorted()
  expect(names).toEqual(['ca.pem', 'cluster.json', 'root-token', 'stack.json'])
  expect(names.map((name) => modeOf(join(folder.pathOf('a1'), name)))).toEqual(
    names.map(() => 0o600),
  )
})

test('the faults of a run are those of all its scenarios, the latest first', async () => {
  const reports = join(root, 'reports')
  for (const scenario of ['leader-crash', 'leader-freeze']) {
    new UndoBook(join(reports, scenario, 'undo')).write(kindNamed('kill'), plan)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  writeFileSync(join(reports, 'run.json'), '')
  new UndoBook(join(reports, 'leader-crash', 'undo')).write(kindNamed('stop'), plan)
  new UndoBook(join(reports, 'leader-freeze', 'undo')).done('01-kill')
  const entry = folder.enter({ run: 'a1', kind: 'run', directory: reports })
  expect(inForce(folder, entry).map(({ id, target }) => [id, target])).toEqual([
    ['02-stop', 'vault-1'],
    ['01-kill', 'vault-1'],
  ])
  expect(inForce(folder, { ...entry, directory: join(root, 'gone') })).toEqual([])
})
