import { inspect } from 'node:util'

/** A token or key. It prints as `[secret]` wherever it is printed by accident. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value in clear: for a request header or a child's standard input, never for a file. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/**
 * What a program printed, without tokens and key shares: those we know, and those that only look
 * like one, because the program made them.
 */
export function maskSecrets(text: string, known: readonly Secret[] = []): string {
  const parts = known.map((secret) => secret.reveal()).filter((value) => value !== '')
  const without = parts.reduce((left, value) => left.replaceAll(value, '[secret]'), text)
  return LOOKS_SECRET.reduce((left, pattern) => left.replace(pattern, '$1[secret]'), without)
}

const LOOKS_SECRET: readonly RegExp[] = [
  /()\b(?:hv[sbr]|[sbr])\.[\w-]{20,}/g,
  /(\bKey \d+: )\S+/g,
  /(\bRoot Token: )\S+/g,
  /("(?:root_token|client_token|token|otp|encoded_token)": ?")[^"]+/g,
  // A share of 32 bytes and its index, in base64 or hex.
  /()(?<![\w+/])(?:[A-Za-z0-9+/]{43,44}={0,2}|[0-9a-f]{66})(?![\w+/])/g,
]
