import type { JudgedObjective, VerdictWord } from '../objectives/verdict.ts'
import { type Html, html } from './html.ts'
import { WORDS } from './wording.ts'

/** Colours of the report: they repeat what a word says, never replace it. */
export type Tone = 'good' | 'bad' | 'doubt'

export const toneOf = (word: VerdictWord): Tone =>
  word === 'passed' ? 'good' : word === 'failed' ? 'bad' : 'doubt'

export const toneOfObjective = ({ verdict, expectedMiss, atRisk }: JudgedObjective): Tone => {
  if (verdict === 'missed') return expectedMiss ? 'good' : 'bad'
  return verdict === 'met' && !atRisk ? 'good' : 'doubt'
}

export const pill = (verdict: VerdictWord): Html =>
  html`<span class="pill ${toneOf(verdict)}">${WORDS[verdict]}</span>`

export const word = (tone: Tone, text: string): Html =>
  html`<span class="word ${tone}">${text}</span>`
