import { afterUpload } from './after-upload-blocks.ts'
import * as backups from './backup-blocks.ts'
import { nobodyBehindBalancer, productionOverwritten, restoreRefused } from './balancer-blocks.ts'
import type { Block } from './block.ts'
import * as checks from './check-blocks.ts'
import * as clients from './client-blocks.ts'
import { initScript, oneListener, sealFile } from './design-blocks.ts'
import * as recoveries from './recovery-blocks.ts'
import { joinReplacement, replaceNode } from './replace-blocks.ts'
import { beforeTheLoss, restoreUnderKms, restoreUnderShamir } from './restore-blocks.ts'
import * as seals from './seal-blocks.ts'
import { dataVolume } from './volume-blocks.ts'

/** Every block that is typed as written. */
export const blocks: readonly Block[] = [
  ...[backups, checks, clients, recoveries, seals].flatMap((each) => Object.values(each)),
  afterUpload,
  sealFile,
  initScript,
  oneListener,
  dataVolume,
  beforeTheLoss,
  restoreUnderShamir,
  restoreUnderKms,
  restoreRefused,
  productionOverwritten,
  nobodyBehindBalancer,
  replaceNode,
  joinReplacement,
]
