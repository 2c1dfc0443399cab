import type { Ns } from '../lib/clock.ts'

export type Gap = { readonly from: Ns; readonly to: Ns }

/** The longest ones: a sample that comes late divides one of them and another takes its place. */
const KEPT = 8

/**
 * How long one user went without a good answer, in constant memory and whatever the order in which
 * answers are told. Before the first and after the last good answer counts what the user asked.
 */
export class UserGaps {
  #first: Ns | undefined
  #last: Ns = -Infinity
  #askedFrom: Ns = Infinity
  #askedTo: Ns = -Infinity
  #gaps: Gap[] = []

  asked(sent: Ns, end: Ns): void {
    if (sent < this.#askedFrom) this.#askedFrom = sent
    if (end > this.#askedTo) this.#askedTo = end
  }

  answered(t: Ns): void {
    if (this.#first === undefined) {
      this.#first = t
      this.#last = t
    } else if (t > this.#last) {
      this.#keep({ from: this.#last, to: t })
      this.#last = t
    } else if (t < this.#first) {
      this.#keep({ from: t, to: this.#first })
      this.#first = t
    } else {
      const at = this.#gaps.findIndex(({ from, to }) => from < t && t < to)
      const [whole] = at === -1 ? [] : this.#gaps.splice(at, 1)
      if (whole === undefined) return
      this.#keep({ from: whole.from, to: t })
      this.#keep({ from: t, to: whole.to })
    }
  }

  /** The longest gaps of this user. */
  finish(): readonly Gap[] {
    if (this.#askedFrom > this.#askedTo) return []
    if (this.#first === undefined) return [{ from: this.#askedFrom, to: this.#askedTo }]
    return [
      { from: this.#askedFrom, to: this.#first },
      ...this.#gaps,
      { from: this.#last, to: this.#askedTo },
    ].filter(({ from, to }) => to > from)
  }

  #keep(gap: Gap): void {
    if (this.#gaps.length < KEPT) {
      this.#gaps.push(gap)
      return
    }
    let shortest = 0
    for (let i = 1; i < KEPT; i++) {
      if (lengthOf(this.#gaps[i]) < lengthOf(this.#gaps[shortest])) shortest = i
    }
    if (lengthOf(gap) > lengthOf(this.#gaps[shortest])) this.#gaps[shortest] = gap
  }
}

const lengthOf = (gap: Gap | undefined): Ns => (gap === undefined ? 0 : gap.to - gap.from)
