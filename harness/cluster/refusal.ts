/** What a step needs is not so; nothing was changed. Not an error of the step: a safe stop. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  constructor(wanted: string, seen: string) {
    super(`wanted: ${wanted}; seen: ${seen}; nothing was changed`)
  }
}
