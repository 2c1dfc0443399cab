import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../lib/command.ts'
import { type Duration, seconds } from '../lib/duration.ts'
import { allProcedures, stepsOf } from '../procedure-steps.ts'
import { mistakesIn, scriptOf, typedOn } from './page-blocks.ts'

/** Procedures in code and the text that people on call read are held together here. */

const ROOT = join(import.meta.dirname, '..', '..')
const RUNBOOK = 'docs/runbook'

const procedures = await allProcedures()

const SECTIONS = ['Symptom', 'Before you start', 'Procedure', 'Verification', 'What can go wrong']

/** What is below a heading; below the title and above the first heading with none. */
function sectionOf(markdown: string, heading?: string): string {
  const [opening, ...sections] = markdown.split(/^## /m)
  if (heading === undefined) return opening?.replace(/^# .+$/m, '').trim() ?? ''
  const section = sections.find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return section.slice(heading.length).trim()
}

type WrittenStep = { readonly line: string; readonly body: string }

/** The numbered lines of the procedure, each with what is written below it. */
function writtenSteps(markdown: string): readonly WrittenStep[] {
  return sectionOf(markdown, 'Procedure')
    .split(/^(?=\d+\. )/m)
    .filter((part) => /^\d+\. /.test(part))
    .map((part) => {
      const [line = '', ...body] = part.split('\n')
      return { line, body: body.join('\n') }
    })
}

/** What an operator would miss at this step; `undefined` when nothing. */
function missingAt({ body }: WrittenStep): string | undefined {
  if (body.includes('A decision of people')) return undefined
  const commands = /^ {3,4}```sh\n(.*?)^ {3,4}```$/ms.exec(body)?.[1]?.trim() ?? ''
  if (commands === '') return 'a command'
  return /^ {3,4}Expected\b.*: *\S/m.test(body) ? undefined : 'what to expect'
}

/** The bullet that says how long it takes. */
const timeIn = (markdown: string): string =>
  /^- \*\*Time\*\*: ([^\n]*(?:\n {2}[^\n]*)*)/m.exec(markdown)?.[1] ?? ''

const has = (told: string, minutes: number): boolean =>
  new RegExp(`\\b${minutes}(?: min\\b| to )`).test(told)

/** `undefined` where it depends on who holds what. */
function minutesOf(people: Duration | undefined): number | undefined {
  return typeof people?.ms === 'number' ? people.ms / 60_000 : undefined
}

describe.each(procedures.map((procedure) => [procedure.name, procedure] as const))(
  'the procedure %s',
  (name, procedure) => {
    // In each test: a page that is missing fails those of its procedure, and no others.
    const page = () => readFileSync(join(ROOT, procedure.runbook), 'utf8')

    test('has the steps of its runbook, word for word', async () => {
      const titles = (await stepsOf(procedure)).map(({ title }) => title)
      expect(titles).not.toEqual([])
      expect(titles.map((title, i) => `${i + 1}. ${title}`)).toEqual(
        writtenSteps(page()).map(({ line }) => line),
      )
    })

    test('is named like its files', () => {
      expect(procedure.runbook).toBe(`${RUNBOOK}/${name}.md`)
      expect(existsSync(join(import.meta.dirname, `${name}.ts`))).toBe(true)
    })

    test('has a runbook with these sections, in this order, none of them empty', () => {
      const markdown = page()
      const headings = [...markdown.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
      expect(headings).toEqual(SECTIONS)
      const isEmpty = (heading?: string) => sectionOf(markdown, heading) === ''
      expect([undefined, ...SECTIONS].filter(isEmpty)).toEqual([])
    })

    test('says on its page what its steps declare of people', async () => {
      const declared = (await stepsOf(procedure)).map(({ people }) => minutesOf(people))
      const written = writtenSteps(page()).map(
        ({ body }) => /^ +A decision of people, (\d+) min/m.exec(body)?.[1],
      )
      const wrong = written.filter((told, i) => told !== undefined && Number(told) !== declared[i])
      expect(wrong).toEqual([])
      const all = declared.filter((each) => each !== undefined)
      const sum = all.reduce((total, each) => total + each, 0)
      const told = timeIn(page())
      if (all.length === 0) expect(told).not.toMatch(/people[^.;]*\d+ min/i)
      else expect(all.every((each) => has(told, each)) || has(told, sum)).toBe(true)
    })

    test('has at each step of its runbook a command, or says that people decide', () => {
      const missing = writtenSteps(page()).map((step) => [step.line, missingAt(step)])
      expect(missing.filter(([, what]) => what !== undefined)).toEqual([])
    })

    test('has a runbook that a shell can read from its first block to its last', async () => {
      const script = scriptOf(typedOn(page()))
      expect(script.trim()).not.toBe('')
      await run('bash', ['-n'], { input: script, within: seconds(9) })
    })

    test('has a runbook that works as it stands, as far as its text tells', () => {
      expect(mistakesIn(typedOn(page()))).toEqual([])
    })
  },
)

test('every page of the runbook belongs to a procedure', () => {
  const pages = readdirSync(join(ROOT, RUNBOOK)).map((file) => `${RUNBOOK}/${file}`)
  expect(pages.toSorted()).toEqual(procedures.map(({ runbook }) => runbook).toSorted())
})

test('the monthly drill makes its script of the page for restores, and for staging alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'monthly-drill-'))
  try {
    const { blocks } = typedOn(readFileSync(join(ROOT, RUNBOOK, 'monthly-drill.md'), 'utf8'))
    const making = blocks.find(({ text }) => text.includes('> restore.sh'))?.text ?? ''
    expect(making).toContain('bash -ev restore.sh')
    writeFileSync(join(folder, 'original-token'), 'a token')
    const started = `drill=${ROOT}/drill; bash() { echo "started $*"; }\n${making}`
    const said = await run('bash', ['-c', started], { cwd: folder, within: seconds(9) })
    expect(said).toMatch(/started -ev restore\.sh$/)
    const script = readFileSync(join(folder, 'restore.sh'), 'utf8')
    await run('bash', ['-n'], { input: script, within: seconds(9) })
    const page = typedOn(readFileSync(join(ROOT, RUNBOOK, 'restore-cluster.md'), 'utf8'))
    const lines = scriptOf(page)
      .split('\n')
      .filter((line) => line !== '')
    expect(script.trim().split('\n').length).toBe(lines.length)
    expect(script).toContain('bucket=alphapulse-vault-backups-staging')
    expect(script).not.toMatch(/vault\.alphapulse|alphapulse-vault-backups(?!-staging)/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const COMMAND = '   ```sh\n   vault status\n   ```\n'

test.each([
  ['a command and what to expect', `\n${COMMAND}\n   Expected: exit status 0.\n`, undefined],
  ['a decision', '\n   A decision of people, 2 min.\n', undefined],
  ['nothing', '\n', 'a command'],
  ['words only', '\n   Look whether it is well.\n', 'a command'],
  ['a fence without a command', '\n   ```sh\n   ```\n\n   Expected: 0.\n', 'a command'],
  ['a command that is not below the step', '\n```sh\nvault status\n```\n', 'a command'],
  ['a command alone', `\n${COMMAND}`, 'what to expect'],
  ['a command and nothing to expect', `\n${COMMAND}\n   Expected:\n`, 'what to expect'],
])('of a step with %s it says what is missing', (_, body, missing) => {
  const page = `# Page\n\n## Procedure\n\n1. First\n${body}\n2. Second\n\n## Verification\n`
  const [first] = writtenSteps(page)
  expect(first?.line).toBe('1. First')
  expect(first && missingAt(first)).toBe(missing)
})
