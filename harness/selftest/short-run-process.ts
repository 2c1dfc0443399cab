import { connectToParent } from '../lib/parent.ts'
import { Seed } from '../lib/seed.ts'
import { shortRun } from './short-run.ts'
import type { FromShortRun, ToShortRun } from './short-run-message.ts'
import { tamperings } from './tamperings.ts'

/** One short run in a process of its own: several at once must not slow each other's servers. */

const stopping = new AbortController()
const parent = connectToParent<ToShortRun, FromShortRun>(() => stopping.abort())

parent.onMessage(async ({ name, directory, seed, tampering }) => {
  const wrong = tampering === undefined ? undefined : tamperings[tampering]
  if (tampering !== undefined && wrong === undefined) {
    throw new Error(`there is no tampering "${tampering}"`)
  }
  const broken = await shortRun({
    name,
    directory,
    seed: new Seed(seed),
    ...(wrong === undefined ? {} : { tampering: wrong }),
    signal: stopping.signal,
  }).then(
    () => undefined,
    // The judge says what a run is worth that broke off.
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  parent.leave({ said: 'ended', ...(broken === undefined ? {} : { broken }) })
})
