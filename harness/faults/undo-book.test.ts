import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { kindNamed } from './catalogue.ts'
import { UndoBook } from './undo-book.ts'

const kill = kindNamed('kill')
const plan = (target: string) => ({ target, touches: ['c0ffee'], pid: 4711 })

let directory: string
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'undo-')), 'undo')
})
afterEach(() => rmSync(join(directory, '..'), { recursive: true }))

test('a plan is a file that another process reads as it was written', () => {
  const { id, file } = new UndoBook(directory).write(kill, plan('vault-1'))
  expect({ id, file }).toEqual({ id: '01-kill', file: 'undo/01-kill.json' })
  expect(new UndoBook(directory).pending()).toEqual([
    { id: '01-kill', fault: 'kill', final: false, plan: plan('vault-1') },
  ])
})

test('what may still be in force comes latest first, and what is done no more', () => {
  const book = new UndoBook(directory)
  for (const target of ['vault-1', 'vault-2', 'vault-3']) book.write(kill, plan(target))
  book.done('02-kill')
  book.done('02-kill')
  expect(book.pending().map(({ id }) => id)).toEqual(['03-kill', '01-kill'])
  expect(readdirSync(directory)).toContain('02-kill.json.done')
})

test('a number is never given twice, also after the fault is healed', () => {
  const book = new UndoBook(directory)
  book.done(book.write(kill, plan('vault-1')).id)
  expect(book.write(kill, plan('vault-1')).id).toBe('02-kill')
})

test('a book that nobody wrote in is empty', () => {
  expect(new UndoBook(directory).pending()).toEqual([])
})

test('a plan is whole on disk or not there', () => {
  const book = new UndoBook(directory)
  book.write(kill, plan('vault-1'))
  const text = readFileSync(join(directory, '01-kill.json'), 'utf8')
  expect(JSON.parse(text)).toEqual({ fault: 'kill', final: false, plan: plan('vault-1') })
})
