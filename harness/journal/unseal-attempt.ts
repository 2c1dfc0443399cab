/**
 * Signs that a server tried to unseal itself and could not, as a body records them: what the
 * observer says and the judge looks for.
 */
export const UNSEAL_ATTEMPTS = {
  /** At its start, before it listens: the process ends. */
  unconfigured: 'error fetching AWS KMS wrapping key information',
  /** Every 5 s while it is sealed. */
  sealed: 'failed to unseal core',
  /** It has said nothing, and a connection of its to the KMS is open. */
  waiting: 'waits for an answer of the KMS',
} as const

export type UnsealAttempt = (typeof UNSEAL_ATTEMPTS)[keyof typeof UNSEAL_ATTEMPTS]

export const isUnsealAttempt = (observed: unknown): observed is UnsealAttempt =>
  Object.values<unknown>(UNSEAL_ATTEMPTS).includes(observed)
