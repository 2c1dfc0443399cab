import { createInterface } from 'node:readline/promises'

/** Asks on a terminal; without one the answer is yes, because nobody is there and it was announced. */
export async function confirmOnTerminal(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [Y/n] `)
    return /^(y|yes|)$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}
