import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Procedure } from './procedure.ts'

/** Procedures in code and the text that people on call read are held together here. */

const ROOT = join(import.meta.dirname, '..', '..')
const RUNBOOK = 'docs/runbook'

const files = readdirSync(import.meta.dirname).filter((file) =>
  /^(?!procedure\.ts)[a-z-]+\.ts$/.test(file),
)
const modules = await Promise.all(
  files.map((file) => import(pathToFileURL(join(import.meta.dirname, file)).href)),
)
const procedures = modules.flatMap((exported) => Object.values(exported)) as Procedure<never>[]

/** The titles of the steps, in order; nothing of them is done. */
async function titlesOf({ perform }: Procedure<never>): Promise<readonly string[]> {
  const titles: string[] = []
  const nobody = {} as never
  await perform(nobody, nobody, async (title) => {
    titles.push(title)
    return nobody
  })
  return titles
}

/** The numbered lines of one section of a runbook file. */
function numberedLines(markdown: string, heading: string): readonly string[] {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^(\d+)\. (.+)$/gm)].map(([, number, title]) => `${number}. ${title}`)
}

describe.each(procedures.map((procedure) => [procedure.name, procedure] as const))(
  'the procedure %s',
  (name, procedure) => {
    const markdown = readFileSync(join(ROOT, procedure.runbook), 'utf8')

    test('has the steps of its runbook, word for word', async () => {
      const titles = await titlesOf(procedure)
      expect(titles).not.toEqual([])
      expect(titles.map((title, i) => `${i + 1}. ${title}`)).toEqual(
        numberedLines(markdown, 'Procedure'),
      )
    })

    test('is named like its files', () => {
      expect(procedure.runbook).toBe(`${RUNBOOK}/${name}.md`)
      expect(files).toContain(`${name}.ts`)
    })

    test('has a runbook with symptom, procedure and verification, in this order', () => {
      const headings = [...markdown.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
      expect(headings).toEqual(['Symptom', 'Procedure', 'Verification'])
    })
  },
)

test('every page of the runbook belongs to a procedure', () => {
  const pages = readdirSync(join(ROOT, RUNBOOK)).map((file) => `${RUNBOOK}/${file}`)
  expect(pages.toSorted()).toEqual(procedures.map(({ runbook }) => runbook).toSorted())
})
