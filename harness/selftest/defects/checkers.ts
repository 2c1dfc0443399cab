import type { SearchFault } from '../../consistency/search.ts'
import { NS_PER_MS } from '../../lib/clock.ts'
import type { Seed } from '../../lib/seed.ts'
import type { Defect, Plant } from '../defect.ts'
import { contradictionsOfChecker, DIFFERENTIAL } from '../known-histories.ts'
import { spoiledHistory } from '../spoiled-run.ts'

const wrong = (way: string, fault: SearchFault, detectors: readonly string[]): Plant => ({
  level: 'L0',
  way,
  kind: 'truth',
  detectors,
  contradictedBy: (seed: Seed) => contradictionsOfChecker(fault, seed),
})

/** A checker that judges wrongly. */
export const CHECKERS: readonly Defect[] = [
  {
    id: 'M27',
    title: 'a consistency checker judges wrongly',
    plants: [
      wrong('a checker takes equal hashes for equal states', 'memo-by-hash-only', [
        'equal hashes',
        DIFFERENTIAL,
      ]),
      wrong('a checker leaves out the ends of intervals', 'open-intervals', [
        'equal timestamps',
        DIFFERENTIAL,
      ]),
      wrong('a checker ignores deletes', 'deletes-ignored', ['deleted registers', DIFFERENTIAL]),
      {
        level: 'L0',
        way: 'a wrong checker blames a good product',
        kind: 'record',
        detectors: ['checkers-agree'],
        inCheckers: { faults: new Set(['open-intervals']) },
        isInnocent: true,
        plant: spoiledHistory(undefined, { tickNs: 4 * NS_PER_MS }),
      },
    ],
  },
]
