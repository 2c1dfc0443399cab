/** What the self-test and the process of a short run tell each other. */

export type ToShortRun = {
  readonly do: 'run'
  readonly name: string
  readonly directory: string
  readonly seed: string
  /** Name in `tamperings.ts`; absent: nothing is wrong. */
  readonly tampering?: string
}

export type FromShortRun =
  /** `broken`: what kept the run from its end; its record is there all the same. */
  { readonly said: 'ended'; readonly broken?: string }
