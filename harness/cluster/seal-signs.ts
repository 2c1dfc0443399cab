import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UNSEAL_ATTEMPTS, type UnsealAttempt } from '../journal/unseal-attempt.ts'
import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import type { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import type { VaultClient } from '../vault/client.ts'
import { SnapshotIncomplete, saveSnapshot } from '../vault/snapshot.ts'
import { KMS_LINK } from './topology.ts'

/** Signs of a seal that cannot reach its key, where a running node shows them at all. */

/** How long a snapshot may take before nobody would wait for it any longer. */
const SNAPSHOT_WITHIN = seconds(30)

/**
 * Takes a snapshot and throws it away: `complete`, `incomplete` in spite of its status 200, or why
 * there was none. Its sums are encrypted by the seal, so it is the one thing that needs the KMS while
 * a cluster runs.
 */
export async function trialSnapshot(leader: VaultClient): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drill-snapshot-'))
  try {
    await saveSnapshot(leader, join(folder, 'trial.snap'), { within: SNAPSHOT_WITHIN })
    return 'complete'
  } catch (error) {
    if (error instanceof SnapshotIncomplete) return 'incomplete'
    if (error instanceof RequestFailed) return `none: ${error.code}`
    return `none: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * How the server tried to unseal itself and failed; `none` when no sign of it is there. A server
 * whose KMS says nothing at all has nothing to say either: then its open connection tells.
 */
export async function unsealAttempt(
  { engine }: Docker,
  box: ToolboxSpec,
  vault: Container,
): Promise<UnsealAttempt | 'none'> {
  const { unconfigured, sealed, waiting } = UNSEAL_ATTEMPTS
  const log = await vault.logs(LINES)
  const said = [unconfigured, sealed].find((text) => log.includes(text))
  if (said !== undefined) return said
  const open = await runTool(engine, box, `ss -Htn state established dst ${KMS_LINK}`)
  return open.trim() === '' ? 'none' : waiting
}

/** The end of the log: what a server said before an earlier, good start is not looked at. */
const LINES = 12
