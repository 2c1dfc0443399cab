/** The user stopped the run. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  /** 128 + the signal's number, as shells do. */
  readonly exitCode: number
  constructor(by: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${by}`)
    this.exitCode = by === 'SIGINT' ? 130 : 143
  }
}
