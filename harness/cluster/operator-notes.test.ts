import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ownerText, thisProcess } from '../stack/owner.ts'
import { OperatorNotes } from './operator-notes.ts'
import { Refusal } from './refusal.ts'

let folder: string
let notes: OperatorNotes
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-notes-'))
  notes = new OperatorNotes(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** As a process that is gone has left it: its number is somebody else's now, begun at another time. */
const deadClaim = () => `${ownerText({ ...thisProcess(), started: 'once' })}\nrestore-cluster`
const claims = () => readdirSync(folder).filter((file) => file.startsWith('performing'))

describe('a claim', () => {
  test('keeps others out until it is released, and leaves nothing', () => {
    const claim = notes.claim('restore-cluster')
    expect(() => notes.claim('replace-node')).toThrow(Refusal)
    claim.release()
    expect(claims()).toEqual([])
    notes.claim('replace-node').release()
  })

  test.each([
    ['of a process that is gone', deadClaim()],
    ['that is empty, as of one that was gone before it had written it', ''],
  ])('%s keeps nobody out', (_what, text) => {
    writeFileSync(join(folder, 'performing'), text)
    notes.claim('replace-node')
    expect(notes.read('performing')).toContain('replace-node')
    expect(claims()).toEqual(['performing'])
  })

  test('that is released does not take away what another one has claimed since', () => {
    const claim = notes.claim('restore-cluster')
    notes.write('performing', 'of another one')
    claim.release()
    expect(notes.read('performing')).toBe('of another one')
  })
})
