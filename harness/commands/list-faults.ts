import { randomBytes } from 'node:crypto'
import { FAULTS } from '../faults/catalogue.ts'
import type { FaultKind } from '../faults/fault.ts'
import { wallClockMs } from '../lib/clock.ts'
import { minutes } from '../lib/duration.ts'
import { readSettings, type Settings } from '../settings.ts'
import { type Abilities, probeAbilities, whyNot } from '../stack/abilities.ts'
import { connectDocker } from '../stack/docker.ts'
import { localImage } from '../stack/images.ts'
import { runLabels } from '../stack/labels.ts'
import { ownerText, thisProcess } from '../stack/owner.ts'
import type { FaultRow } from './list.ts'

/** What this engine lets us do, or why nobody knows. */
export type Here = Abilities | { readonly unknown: string }

export async function faultRows(): Promise<readonly FaultRow[]> {
  const settings = readSettings() // what is wrong in them is not the engine's
  const here = await askHere(settings).catch(
    (error): Here => ({ unknown: error instanceof Error ? error.message : String(error) }),
  )
  return FAULTS.map((kind) => rowOf(kind, here))
}

export function rowOf(kind: FaultKind, here: Here): FaultRow {
  const { name, family, targets, parameters, final, source, does, witnessed, cannotShow } = kind
  const row = { name, family, targets, parameters, final, source, does, witnessed, cannotShow }
  if ('unknown' in here) return { ...row, available: null, reason: here.unknown }
  const reason = whyNot(kind.needs, here)
  return { ...row, available: reason === undefined, ...(reason === undefined ? {} : { reason }) }
}

/** In a container of its own, as a fault would: only trying tells. */
async function askHere(settings: Settings): Promise<Here> {
  const docker = await connectDocker({ dial: settings.dial })
  const image = await localImage(docker, 'toolbox', settings.sources)
  if (image === undefined) {
    return { unknown: 'no image of the toolbox is on the engine ("./drill images build toolbox")' }
  }
  const run = `list-${randomBytes(3).toString('hex')}`
  return probeAbilities(docker, {
    name: `drill-${run}`,
    image: image.reference,
    entrypoint: image.entrypoint,
    labels: {
      [runLabels.run]: run,
      [runLabels.scenario]: 'list',
      [runLabels.owner]: ownerText(thisProcess()),
      [runLabels.expiresAt]: new Date(wallClockMs() + minutes(10).ms).toISOString(),
    },
  })
}
