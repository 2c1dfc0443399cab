import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Duration } from './lib/duration.ts'
import type { Procedure, Step } from './procedures/procedure.ts'

/** A step of a procedure, and the lines of the documents that it stands for. */
export type ProcedureStep = {
  readonly procedure: string
  readonly title: string
  readonly source?: string | undefined
  /** What people are declared to need for it. */
  readonly people?: Duration | undefined
}

const FOLDER = join(import.meta.dirname, 'procedures')

/** The steps of all procedures, in order; nothing of them is done. */
export async function procedureSteps(): Promise<readonly ProcedureStep[]> {
  const procedures = await allProcedures()
  return (await Promise.all(procedures.map(stepsOf))).flat()
}

/** Every procedure there is, by its file. */
export async function allProcedures(): Promise<readonly Procedure<never>[]> {
  const files = readdirSync(FOLDER).filter((file) => /^(?!procedure\.ts)[a-z-]+\.ts$/.test(file))
  const modules = await Promise.all(
    files.map((file) => import(pathToFileURL(join(FOLDER, file)).href)),
  )
  return modules.flatMap((exported) => Object.values(exported)).filter(isProcedure)
}

const isProcedure = (value: unknown): value is Procedure<never> =>
  typeof (value as Procedure<never> | null)?.perform === 'function'

/** The steps of one procedure, in order. */
export async function stepsOf({
  name,
  perform,
}: Procedure<never>): Promise<readonly ProcedureStep[]> {
  const steps: ProcedureStep[] = []
  const step: Step = async (title, _act, details) => {
    const { source, people } = details ?? {}
    steps.push({ procedure: name, title, source, people })
    return nobody
  }
  await perform(nobody, unprepared, step, nobody)
  return steps
}

/** Has whatever is asked of it, and is an empty list too: no step is done, only named. */
export const nobody: never = new Proxy((() => {}) as never, {
  get: (_, key) => {
    if (key === 'then') return undefined // or whoever awaits it waits for ever
    return key === Symbol.iterator ? [][Symbol.iterator].bind([]) : nobody
  },
})

/** As `nobody`, and no drill: what people decide before one is a step too. */
const unprepared: never = new Proxy(nobody, {
  get: (_, key) => (key === 'rehearsed' ? false : Reflect.get(nobody, key)),
})
