import { connectToParent } from '../lib/parent.ts'
import { Seed } from '../lib/seed.ts'
import { type Kept, proveDetectors } from './detector-proofs.ts'
import type { FromMade, MadePart, ToMade } from './made-message.ts'
import { CONTROL_NAMES, controlMade, type MadePlant, proveMade } from './made-proofs.ts'
import { DEFECTS } from './planted.ts'

/** A part of level L0 in a process of its own: it is all computing, and there are two cores. */

const parent = connectToParent<ToMade, FromMade>(() => {})

parent.onMessage(async (message) => {
  parent.leave({ said: 'proved', ...(await provePart(message)) })
})

async function provePart({ ids, seed: text, runs, part, of }: ToMade): Promise<MadePart> {
  const options = { seed: new Seed(text), runs }
  const isOwn = (_: unknown, i: number) => i % of === part
  const controls = []
  for (const what of CONTROL_NAMES.filter(isOwn)) controls.push(await controlMade(what, options))
  const plants = DEFECTS.filter(({ id }) => ids.includes(id)).flatMap((defect) =>
    defect.plants.filter(isMade).map((plant) => ({ defect, plant })),
  )
  const outcomes = []
  const kept: Kept[] = []
  for (const { defect, plant } of plants.filter(isOwn)) {
    const proof = await proveMade(defect, plant, options)
    outcomes.push(proof.outcome)
    kept.push(...proof.kept)
  }
  return { outcomes, controls, detectors: proveDetectors(kept) }
}

const isMade = (plant: { readonly kind: string }): plant is MadePlant =>
  plant.kind === 'record' || plant.kind === 'truth'
