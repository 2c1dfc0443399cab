/** One cell of the matrix "step × interruption", written when it is over. */
export type Interruption = {
  readonly procedure: string
  /** From 1. */
  readonly step: number
  readonly title: string
  /** Whose end it was: of the operator's process, or of the node that led. */
  readonly of: 'operator' | 'active-node'
  /** In the step, or between it and the next one. */
  readonly when: 'inside' | 'after'
  /** `no-active-node`: nobody led as the step began, so there was nobody to kill. */
  readonly ended: 'done' | 'killed' | 'refused' | 'failed' | 'no-active-node'
  /** The step at which it stopped: where whoever resumes it goes on. */
  readonly at: string
  readonly why: string
  /** What became of performing it again; `not-needed` when it came to its end all the same. */
  readonly resumed: 'done' | 'refused' | 'failed' | 'not-needed'
  readonly outcome: 'healthy' | 'unsafe' | 'broken'
  /** What was not as it should be. */
  readonly found?: string
}
