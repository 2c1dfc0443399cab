import { join } from 'node:path'
import { ChainBroken, ChainWriter, readChain } from '../journal/chain.ts'
import type { ReadData, WriteEntry } from '../journal/entry.ts'
import { RunClock } from '../lib/clock.ts'
import { milliseconds } from '../lib/duration.ts'
import type { Tls } from '../lib/http.ts'
import { connectToParent } from '../lib/parent.ts'
import { WRITES_FILE } from './probe-message.ts'
import {
  type FromReadBack,
  type LedgerSize,
  type PassResult,
  READS_FILE,
  type ToReadBack,
} from './read-back-message.ts'
import { type NumberedWrite, readAll } from './read-pass.ts'

/**
 * Reads the ledger back. A process of its own, started after the writing has ended: nothing
 * that the writer holds in memory or in a connection can answer for the servers.
 */

type Configuration = Extract<ToReadBack, { do: 'configure' }>

class ReadBackProcess {
  readonly #configuration: Configuration
  readonly #reads: ChainWriter
  readonly #writes: NumberedWrite[] = []

  constructor(configuration: Configuration) {
    const clock = new RunClock(BigInt(configuration.clockBase))
    this.#configuration = configuration
    this.#reads = new ChainWriter(join(configuration.directory, READS_FILE), clock)
  }

  /** Every write that was ever sent: a refused one that is there is a finding too. */
  async load(): Promise<LedgerSize> {
    try {
      const lines = readChain(join(this.#configuration.directory, WRITES_FILE))
      for await (const line of lines) {
        const entry = line as WriteEntry
        if (entry.kind !== 'sent') continue
        const { n, path, hash } = entry.data
        this.#writes.push({ n, path, hash })
      }
    } catch (error) {
      // A probe that was killed may leave half a line. What stands before it is still owed.
      if (!(error instanceof ChainBroken)) throw error
      return { writes: this.#writes.length, broken: error.message }
    }
    return { writes: this.#writes.length }
  }

  async pass({ target, as, withinMs }: Extract<ToReadBack, { do: 'pass' }>): Promise<PassResult> {
    const { name: node, host, port, servername } = target
    const { ca, token } = this.#configuration
    const tls: Tls | undefined = ca === undefined ? undefined : { ca, servername }
    const startedMs = performance.now()
    this.#record('pass', { node, as, writes: this.#writes.length, pid: process.pid })
    const counts = await readAll({
      node,
      address: { host, port },
      tls,
      headers: { 'x-vault-token': token },
      writes: this.#writes,
      within: milliseconds(withinMs),
      onRead: (read) => this.#record('read', read),
    })
    this.#record('pass.ended', { node, read: this.#writes.length })
    return { node, ...counts, elapsedMs: performance.now() - startedMs }
  }

  close() {
    return this.#reads.close()
  }

  #record<K extends keyof ReadData>(kind: K, data: ReadData[K]): void {
    this.#reads.append(kind, data)
  }
}

let readBack: ReadBackProcess | undefined

const parent = connectToParent<ToReadBack, FromReadBack>(() => readBack?.close())

parent.onMessage(async (message) => {
  if (message.do === 'configure') {
    readBack = new ReadBackProcess(message)
    return parent.tell({ said: 'configured', ...(await readBack.load()) })
  }
  if (readBack === undefined) throw new Error(`"${message.do}" came before the configuration`)
  if (message.do === 'stop') return parent.leave({ said: 'stopped', seal: readBack.close() })
  parent.tell({ said: 'passed', result: await readBack.pass(message) })
})
