import type { FaultKind } from './fault.ts'
import { KMS_ANSWER_FAULTS } from './kms-answers.ts'
import { KMS_KEY_FAULTS } from './kms-keys.ts'
import { KMS_LINK_FAULTS } from './kms-links.ts'
import { KMS_MATERIAL_FAULTS } from './kms-material.ts'
import { SEAL_FAULTS } from './seal.ts'

/** All that can befall the KMS and the seals that depend on it. */
export const KMS_FAULTS: readonly FaultKind[] = [
  ...KMS_LINK_FAULTS,
  ...KMS_ANSWER_FAULTS,
  ...KMS_KEY_FAULTS,
  ...KMS_MATERIAL_FAULTS,
  ...SEAL_FAULTS,
]
