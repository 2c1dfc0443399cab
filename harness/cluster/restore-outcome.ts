import { milliseconds, seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import { happened, notYet, until } from '../lib/until.ts'
import type { TokenState } from '../vault/token.ts'
import type { Node } from './node.ts'

/** What a node that was sent a snapshot has come to, in words that can be compared. */

/** What it shows from outside. */
export type RestoreSigns = {
  /** Of its health, or why there is none. */
  readonly state: string
  /** Of the snapshot's time. */
  readonly original: TokenState
  /** Made since, so that the snapshot does not know it. */
  readonly own: TokenState
  /** Whether a secret of the snapshot's time is read as it was written. */
  readonly canary: boolean
}

export const RESTORED = 'restored'
export const AS_BEFORE = 'as before'

/**
 * Nothing is called restored but a node that is open, knows the snapshot's token and its own no
 * more, and gives the snapshot's secrets: the status of the upload says nothing of it (RB:241).
 */
export function outcomeOf({ state, original, own, canary }: RestoreSigns): string {
  if (state !== 'leader') return state
  if (own === 'valid') return AS_BEFORE
  if (original === 'valid' && own === 'refused' && canary) return RESTORED
  return `open: the original token is ${original}, its own ${own}, the canary ${canary ? 'there' : 'gone'}`
}

/** The state of its health; `silent`, or that its server has ended, where there is none. */
export async function stateOf(node: Node): Promise<string> {
  try {
    const { state, status } = await node.health()
    return state === 'failing' ? `failing (${status})` : state
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error
    const { running, exitCode } = await node.vault.state()
    return running ? SILENT : `ended with exit code ${exitCode}`
  }
}

const SILENT = 'silent'
/** Longer than the 5 s after which a sealed server tries again to open itself. */
const LASTS = seconds(6)
/** Of what a server also shows while it works: it restores with its state locked for 5 s and more. */
const LASTS_FOR_CERTAIN = seconds(12)
const WITHIN = seconds(60)

/**
 * Looks until what is seen changes no more, and gives that; what is an end at once needs not last.
 * @throws {NeverHappened} with what was seen last.
 */
export async function lasting(
  what: string,
  look: () => Promise<string>,
  isEnd: (seen: string) => boolean = () => false,
): Promise<string> {
  let seen = ''
  let sinceMs = 0
  return until(
    what,
    async () => {
      const now = await look()
      if (now !== seen) sinceMs = performance.now()
      seen = now
      const isVague = now === SILENT || now.startsWith('failing')
      const wanted = isVague ? LASTS_FOR_CERTAIN : LASTS
      const lasted = performance.now() - sinceMs
      return isEnd(now) || lasted >= wanted.ms ? happened(now) : notYet(`it is ${now}`)
    },
    { within: WITHIN, every: milliseconds(200) },
  )
}

/**
 * Why a restore failed, which is told in the server's own log and nowhere else, as information if
 * it happens so. Errors beside it are of locks that were lost with the rest, and differ each time.
 */
export function whyIn(log: string): string {
  const told = log.split('\n').map(messageIn)
  return told.findLast((message) => TELLING.test(message)) ?? 'its log does not say why'
}

const TELLING = /^(raft snapshot restore|failed to perform key upgrades)/

function messageIn(line: string): string {
  try {
    return String(JSON.parse(line)['@message'])
  } catch {
    return '' // what a server prints before its log begins is no JSON
  }
}
