/** What k6 says on its standard error, one JSON object a line. */
export class LoadSpeech {
  #isUnderWay = false
  #threw: string | undefined
  #complaint: string | undefined

  hear(line: string): void {
    const { level, msg = line, hint } = objectIn(line)
    if (msg === 'the first request is sent') this.#isUnderWay = true
    // Requests that fail are warnings; they are in the samples.
    if (level !== 'error' && level !== undefined) return
    const text = msg.trim().split('\n').slice(0, 2).join(' ').replace(/\s+/g, ' ')
    if (hint === 'script exception') this.#threw ??= text
    // Its first complaint is the cause, later ones are what follows from it.
    if (!isOfThresholds(text)) this.#complaint ??= text
  }

  /** The script said that its first request goes out. */
  get isUnderWay(): boolean {
    return this.#isUnderWay
  }

  /** What a script threw; in an iteration it does not end k6, nor change its exit code. */
  get threw(): string | undefined {
    return this.#threw
  }

  /** The first error, other than that a threshold was crossed. */
  get complaint(): string | undefined {
    return this.#complaint
  }
}

const isOfThresholds = (text: string): boolean => /^thresholds on metrics .* crossed$/.test(text)

type Said = { readonly level?: string; readonly msg?: string; readonly hint?: string }

/** A line that is none, of a panic for example, is its own message. */
function objectIn(line: string): Said {
  try {
    const said: unknown = JSON.parse(line)
    return typeof said === 'object' && said !== null ? said : {}
  } catch {
    return {}
  }
}
