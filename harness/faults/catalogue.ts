import { closest } from 'fastest-levenshtein'
import { ACCESS_FAULTS } from './access.ts'
import { AUDIT_FAULTS } from './audit.ts'
import { BALANCER_FAULTS } from './balancer.ts'
import { CERTIFICATE_FAULTS } from './certificates.ts'
import { DISK_FAULTS } from './disk.ts'
import { BadAim, type FaultKind } from './fault.ts'
import { FLAPPING_FAULTS } from './flapping.ts'
import { FREEZER_FAULTS } from './freezer.ts'
import { HOST_FAULTS } from './host.ts'
import { KMS_FAULTS } from './kms.ts'
import { LEADERSHIP_FAULTS } from './leadership.ts'
import { LINK_FLAPPING_FAULTS } from './link-flapping.ts'
import { LINK_FAULTS } from './links.ts'
import { NAME_FAULTS } from './names.ts'
import { OBJECT_ANSWERS } from './object-answers.ts'
import { OBJECT_LINKS } from './object-links.ts'
import { LOST_OBJECTS } from './object-loss.ts'
import { REPLACED_OBJECTS } from './objects.ts'
import { LOSS_FAULTS } from './packet-loss.ts'
import { CUT_LEADER_FAULTS, PARTITION_FAULTS } from './partition.ts'
import { POWER_FAULTS } from './power.ts'
import { PROCESS_FAULTS } from './process.ts'
import { LIMIT_FAULTS } from './process-limits.ts'
import { RAFT_FILES } from './raft-files.ts'
import { RATE_FAULTS } from './rate-limit.ts'
import { RESTART_FAULTS } from './restart.ts'
import { SECRET_FAULTS } from './secrets.ts'
import { SLOW_DISK_FAULTS } from './slow-disk.ts'
import { TOXIC_FAULTS } from './toxics.ts'
import { VOLUME_FAULTS } from './volumes.ts'

/** Every kind of fault, family by family; plans on disk name them. */
export const FAULTS: readonly FaultKind[] = [
  ...PROCESS_FAULTS,
  ...RESTART_FAULTS,
  ...FREEZER_FAULTS,
  ...LIMIT_FAULTS,
  ...POWER_FAULTS,
  ...HOST_FAULTS,
  ...VOLUME_FAULTS,
  ...LEADERSHIP_FAULTS,
  ...FLAPPING_FAULTS,
  ...CUT_LEADER_FAULTS,
  ...LINK_FAULTS,
  ...TOXIC_FAULTS,
  ...LINK_FLAPPING_FAULTS,
  ...PARTITION_FAULTS,
  ...LOSS_FAULTS,
  ...RATE_FAULTS,
  ...KMS_FAULTS,
  ...DISK_FAULTS,
  ...SLOW_DISK_FAULTS,
  ...AUDIT_FAULTS,
  ...BALANCER_FAULTS,
  ...NAME_FAULTS,
  ...CERTIFICATE_FAULTS,
  ...OBJECT_LINKS,
  ...OBJECT_ANSWERS,
  ...REPLACED_OBJECTS,
  ...LOST_OBJECTS,
  ...SECRET_FAULTS,
  ...ACCESS_FAULTS,
  ...RAFT_FILES,
]

/** @throws {BadAim} naming the nearest kind. */
export function kindNamed(name: string): FaultKind {
  const kind = FAULTS.find((each) => each.name === name)
  if (kind !== undefined) return kind
  const near = closest(
    name,
    FAULTS.map((each) => each.name),
  )
  throw new BadAim(`there is no fault "${name}"; did you mean "${near}"? (./drill list faults)`)
}
