import type { Seal } from '../journal/chain.ts'
import type { ReadData } from '../journal/entry.ts'
import { Child, type ChildDied } from '../lib/child.ts'
import type { RunClock } from '../lib/clock.ts'
import { type Duration, milliseconds, minutes, seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import type { ProbeTarget } from './probe-message.ts'
import type { FromReadBack, LedgerSize, PassResult, ToReadBack } from './read-back-message.ts'

export type ReadBackOptions = {
  readonly clock: RunClock
  /** Where `writes.jsonl` is, `ops.jsonl` may be, and `reads.jsonl` will be. */
  readonly directory: string
  /** PEM of the run's authority; absent when TLS is off. */
  readonly ca?: string | undefined
  readonly token: Secret
  readonly onDeath: (death: ChildDied) => void
}

export type ReadBackPass = {
  readonly target: ProbeTarget
  /** Where standbys forward, a standby's answer is the leader's: the caller decides what it asks. */
  readonly as: ReadData['pass']['as']
  /** For the numbered writes, and for the registers once more. */
  readonly within?: Duration
}

const ANSWER_WITHIN = seconds(30)
const PASS_WITHIN = minutes(2)
/** What the last reads and the file may take after a pass has ended. */
const GRACE_MS = 10_000

/**
 * Starts the process that reads all numbered writes and the registers back, one per run, after
 * the last change has its answer.
 * @throws {ChildDied} when there is no ledger, or the reads were recorded already.
 */
export async function startReadBack(options: ReadBackOptions): Promise<ReadBack> {
  const { clock, directory, ca, token } = options
  let isUp = false
  const child = new Child<ToReadBack, FromReadBack>({
    name: 'the read-back',
    module: new URL('./read-back-process.ts', import.meta.url),
    onDeath: (death) => {
      if (isUp) options.onDeath(death)
    },
  })
  try {
    const { writes, registers, broken } = await child.ask(
      {
        do: 'configure',
        clockBase: clock.base.toString(),
        directory,
        ...(ca === undefined ? {} : { ca }),
        token: token.reveal(),
      },
      { said: 'configured', within: ANSWER_WITHIN },
    )
    isUp = true
    return new ReadBack(child, { writes, registers, ...(broken === undefined ? {} : { broken }) })
  } catch (error) {
    child.kill()
    throw error
  }
}

export class ReadBack {
  readonly pid: number
  readonly ledger: LedgerSize
  readonly #child: Child<ToReadBack, FromReadBack>

  constructor(child: Child<ToReadBack, FromReadBack>, ledger: LedgerSize) {
    this.pid = child.pid
    this.ledger = ledger
    this.#child = child
  }

  /** Reads every write and the registers from one target. One pass at a time. */
  async pass({ target, as, within = PASS_WITHIN }: ReadBackPass): Promise<PassResult> {
    const { result } = await this.#child.ask(
      { do: 'pass', target, as, withinMs: within.ms },
      { said: 'passed', within: milliseconds(2 * within.ms + GRACE_MS) },
    )
    return result
  }

  /** Closes `reads.jsonl` and lets the process end. */
  async stop(): Promise<Seal> {
    this.#child.allowEnd()
    const { seal } = await this.#child.ask(
      { do: 'stop' },
      { said: 'stopped', within: ANSWER_WITHIN },
    )
    await this.#child.gone
    return seal
  }

  /** At once; what was read so far stays readable. */
  async kill(): Promise<void> {
    this.#child.allowEnd()
    this.#child.kill()
    await this.#child.gone
  }
}
