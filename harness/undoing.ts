import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DrillFolder, Entry } from './drill-folder.ts'
import { finality, healFault, RESIDUE_WITHIN } from './faults/bring-about.ts'
import { kindNamed } from './faults/catalogue.ts'
import type { Fault, FaultPlan } from './faults/fault.ts'
import type { UndoBook, UndoNote } from './faults/undo-book.ts'
import { type Duration, milliseconds, seconds } from './lib/duration.ts'
import { happened, isBug, NeverHappened, notYet, until } from './lib/until.ts'
import { Container } from './stack/container.ts'
import type { Docker } from './stack/docker.ts'

/** A fault that may be in force, as its undo plan tells of it. */
export type InForce = {
  readonly run: string
  readonly id: string
  readonly fault: string
  readonly target: string
  /** RFC 3339: when it was planned. */
  readonly since: string
  readonly final: boolean
  readonly note: UndoNote
  readonly book: UndoBook
}

/** All of an entry, the latest first. */
export function inForce(folder: DrillFolder, entry: Entry): readonly InForce[] {
  return folder
    .books(entry)
    .flatMap((book) => book.pending().map((note) => told(entry.run, book, note)))
    .toSorted((a, b) => b.since.localeCompare(a.since))
}

const told = (run: string, book: UndoBook, note: UndoNote): InForce => ({
  run,
  id: note.id,
  fault: note.fault,
  target: note.plan.target,
  since: statSync(join(book.directory, `${note.id}.json`)).mtime.toISOString(),
  final: note.final,
  note,
  book,
})

export type Undone = {
  /** `gone`: what it was done to is no more. `stuck`: healing itself failed. */
  readonly outcome: 'healed' | 'gone' | 'residue' | 'final' | 'stuck'
  readonly says: string
}

/**
 * Heals from the plans alone, in this order; never throws for what the world does. Twice, when
 * there are several: a server that the first healing started ends again at once when its KMS is
 * still refused by a fault that is healed after it.
 */
export async function undoAll(
  docker: Docker,
  faults: readonly InForce[],
  patience: Patience = PATIENCE,
): Promise<readonly (InForce & Undone)[]> {
  let undone = await undoEach(docker, faults, patience)
  if (faults.length > 1) {
    await sleep(patience.settles.ms)
    undone = await undoEach(docker, faults, patience)
  }
  for (const { book, id, outcome } of undone) {
    if (outcome === 'healed' || outcome === 'gone') book.done(id)
  }
  return undone
}

export type Patience = {
  /** How long a server may take to end that finds no KMS: three attempts, about a second. */
  readonly settles: Duration
  readonly residue: Duration
}

/** How long what the first healing started may take to end again. */
const SETTLES = seconds(3)
const PATIENCE: Patience = { settles: SETTLES, residue: RESIDUE_WITHIN }

/**
 * The first of two healings for whoever has the faults at hand. What the second one finds is what
 * counts, and an error that lasts is met by it again.
 */
export async function healBefore(
  docker: Docker,
  faults: readonly { readonly fault: Fault; readonly plan: FaultPlan }[],
  settles: Duration = SETTLES,
): Promise<void> {
  for (const { fault, plan } of faults) {
    await healFault(fault.kind, docker, plan).catch(() => {})
  }
  await sleep(settles.ms)
}

async function undoEach(docker: Docker, faults: readonly InForce[], patience: Patience) {
  const undone: (InForce & Undone)[] = []
  for (const fault of faults) {
    undone.push({ ...fault, ...(await undo(docker, fault.note, patience)) })
  }
  return undone
}

async function undo(
  docker: Docker,
  { fault, plan, final }: UndoNote,
  patience: Patience,
): Promise<Undone> {
  const what = `${fault} of ${plan.target}`
  try {
    const kind = kindNamed(fault)
    if (await isGone(docker, plan)) {
      return { outcome: 'gone', says: `${what}: its containers are gone` }
    }
    if (final) return { outcome: 'final', says: finality(kind, plan) }
    let residue = await healFault(kind, docker, plan)
    if (residue.length > 0)
      residue = await lasting(patience.residue, () => kind.residue(docker, plan))
    if (residue.length > 0) return { outcome: 'residue', says: `${what}: ${residue.join(', ')}` }
    return { outcome: 'healed', says: what }
  } catch (error) {
    if (isBug(error)) throw error
    return { outcome: 'stuck', says: `${what}: ${error instanceof Error ? error.message : error}` }
  }
}

/** What is still there when it had its time to go away. */
async function lasting(
  within: Duration,
  residue: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  let left: readonly string[] = []
  const look = async () => {
    left = await residue()
    return left.length === 0 ? happened(left) : notYet(left.join(', '))
  }
  return until('no residue is left', look, {
    within,
    every: milliseconds(250),
  }).catch((error) => {
    if (error instanceof NeverHappened) return left
    throw error
  })
}

/** Of a run whose containers were removed there is nothing to heal. */
async function isGone({ engine }: Docker, { touches }: FaultPlan): Promise<boolean> {
  const there = touches.map((id) => new Container(engine, id, id).labelsIfThere())
  const found = await Promise.all(there)
  return touches.length > 0 && found.every((labels) => labels === undefined)
}
