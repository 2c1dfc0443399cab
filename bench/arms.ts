import { median } from '../harness/lib/percentile.ts'
import { Seed } from '../harness/lib/seed.ts'

/** Milliseconds of each repetition of one arm. */
export type Arm = {
  readonly name: string
  readonly ms: readonly number[]
  readonly median: number
  /** Where the tail is what counts. */
  readonly p95?: number
  readonly max?: number
}

/** What `bench --json` prints: one measure, or several that were taken together. */
export type Measure = {
  readonly name: string
  readonly goal: string
  /** Median of ours by median of theirs, with a 95 % interval from the bootstrap. */
  readonly ratio: { readonly value: number; readonly lo: number; readonly hi: number }
  readonly arms: { readonly ours: Arm; readonly theirs: Arm }
  readonly n: number
  /** Of the arms, where that is not milliseconds. */
  readonly unit?: string
  /** How often what came out, where the runs have verdicts. */
  readonly counts?: Readonly<Record<string, number>>
  readonly more?: readonly Measure[]
}

/**
 * Runs two arms in turns, so that whatever else the machine does hits both alike. Absolute times
 * are context; only the ratio is a result.
 */
export async function interleaved({
  name,
  goal,
  n,
  ours,
  theirs,
}: {
  readonly name: string
  readonly goal: string
  readonly n: number
  readonly ours: { readonly name: string; readonly run: () => Promise<number> }
  readonly theirs: { readonly name: string; readonly run: () => Promise<number> }
}): Promise<Measure> {
  const a: number[] = []
  const b: number[] = []
  for (let i = 0; i < n; i++) {
    a.push(await ours.run())
    b.push(await theirs.run())
  }
  return {
    name,
    goal,
    ratio: ratioOf(a, b),
    arms: {
      ours: { name: ours.name, ms: a, median: median(a) },
      theirs: { name: theirs.name, ms: b, median: median(b) },
    },
    n,
  }
}

const RESAMPLES = 2000

/**
 * Percentile bootstrap with a fixed seed: the same samples give the same interval.
 * @param of what is compared of each arm
 */
export function ratioOf(
  a: readonly number[],
  b: readonly number[],
  of: (values: readonly number[]) => number = median,
): Measure['ratio'] {
  const seed = new Seed('bootstrap')
  const draw = (from: readonly number[], which: string) =>
    of(from.map((_, i) => seed.pick(`${which}/${i}`, from)))
  const ratios = Array.from({ length: RESAMPLES }, (_, k) => draw(a, `a${k}`) / draw(b, `b${k}`))
  ratios.sort((x, y) => x - y)
  const at = (share: number) => ratios[Math.floor(share * (RESAMPLES - 1))] as number
  return { value: of(a) / of(b), lo: at(0.025), hi: at(0.975) }
}
