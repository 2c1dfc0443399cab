import type { DetectorId } from '../objectives/detections.ts'
import type { Defect, RecordPlant } from './defect.ts'
import { type Spoil, spoiledRun } from './spoiled-run.ts'

/**
 * Small defects of our own: for every detector at least one that nobody else notices, so that a
 * detector which is switched off, or broken, lets something through.
 */
export const planted = (
  id: string,
  title: string,
  detector: DetectorId,
  plant: RecordPlant['plant'],
  inCheckers?: RecordPlant['inCheckers'],
): Defect => ({
  id,
  title,
  plants: [
    {
      level: 'L0',
      kind: 'record',
      detectors: [detector],
      plant,
      ...(inCheckers === undefined ? {} : { inCheckers }),
    },
  ],
})

export const spoiled = (id: string, title: string, detector: DetectorId, spoil: Spoil): Defect =>
  planted(id, title, detector, spoiledRun(spoil))
