import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ChainBroken, ChainWriter, type Line, readChain } from '../journal/chain.ts'
import type { ReadData, WriteEntry } from '../journal/entry.ts'
import { type History, HistoryBuilder } from '../journal/history.ts'
import { OPERATIONS_FILE, type OperationEntry } from '../journal/operation.ts'
import { RunClock } from '../lib/clock.ts'
import { milliseconds } from '../lib/duration.ts'
import type { Tls } from '../lib/http.ts'
import { connectToParent } from '../lib/parent.ts'
import { Seed } from '../lib/seed.ts'
import { WRITES_FILE } from './probe-message.ts'
import {
  type FromReadBack,
  type LedgerSize,
  type PassResult,
  READS_FILE,
  type ToReadBack,
} from './read-back-message.ts'
import { type NumberedWrite, readAll } from './read-pass.ts'
import { type RegisterReadOptions, readRegisters } from './register-read-out.ts'

/**
 * Reads the ledger and the registers back. A process of its own, started after the writing has ended: nothing
 * that the writer holds in memory or in a connection can answer for the servers.
 */

type Configuration = Extract<ToReadBack, { do: 'configure' }>

class ReadBackProcess {
  readonly #configuration: Configuration
  readonly #reads: ChainWriter
  readonly #writes: NumberedWrite[] = []
  /** What the register workload did; absent when there was none. */
  #workload: { readonly history: History; readonly seed: Seed } | undefined

  constructor(configuration: Configuration) {
    const clock = new RunClock(BigInt(configuration.clockBase))
    this.#configuration = configuration
    this.#reads = new ChainWriter(join(configuration.directory, READS_FILE), clock)
  }

  /** Every write that was ever sent: a refused one that is there is a finding too. */
  async load(): Promise<LedgerSize> {
    const broken = [
      await this.#read(WRITES_FILE, (line) => {
        const entry = line as WriteEntry
        if (entry.kind !== 'sent') return
        const { n, path, hash } = entry.data
        this.#writes.push({ n, path, hash })
      }),
      await this.#loadHistory(),
    ].filter((message) => message !== undefined)
    return {
      writes: this.#writes.length,
      registers: new Set(this.#workload?.history.ops.map(({ key }) => key)).size,
      ...(broken.length === 0 ? {} : { broken: broken.join('; ') }),
    }
  }

  async #loadHistory(): Promise<string | undefined> {
    if (!existsSync(join(this.#configuration.directory, OPERATIONS_FILE))) return undefined
    const builder = new HistoryBuilder()
    let seed = ''
    const broken = await this.#read(OPERATIONS_FILE, (line) => {
      const entry = line as OperationEntry
      if (entry.kind === 'workload') seed = entry.data.seed
      builder.add(entry)
    })
    const history = builder.finish()
    if (history !== undefined) this.#workload = { history, seed: new Seed(seed) }
    return broken
  }

  /** A writer that was killed may leave half a line. What stands before it is still owed. */
  async #read(file: string, add: (line: Line) => void): Promise<string | undefined> {
    try {
      for await (const line of readChain(join(this.#configuration.directory, file))) add(line)
      return undefined
    } catch (error) {
      if (!(error instanceof ChainBroken)) throw error
      return error.message
    }
  }

  async pass({ target, as, withinMs }: Extract<ToReadBack, { do: 'pass' }>): Promise<PassResult> {
    const { name: node, host, port, servername } = target
    const { ca, token } = this.#configuration
    const tls: Tls | undefined = ca === undefined ? undefined : { ca, servername }
    const startedMs = performance.now()
    const from = {
      node,
      address: { host, port },
      tls,
      headers: { 'x-vault-token': token },
      within: milliseconds(withinMs),
    }
    this.#record('pass', { node, as, writes: this.#writes.length, pid: process.pid })
    const counts = await readAll({
      ...from,
      writes: this.#writes,
      onRead: (read) => this.#record('read', read),
    })
    this.#record('pass.ended', { node, read: this.#writes.length })
    const registers = await this.#registers(from, as)
    return { node, ...counts, ...registers, elapsedMs: performance.now() - startedMs }
  }

  /** All their versions once, and on each node what it has last: a node that lags shows there. */
  async #registers(
    from: Pick<RegisterReadOptions, 'node' | 'address' | 'tls' | 'headers' | 'within'>,
    as: ReadData['pass']['as'],
  ): Promise<{ registerVersions?: number }> {
    if (this.#workload === undefined) return {}
    const read = await readRegisters({
      ...from,
      ...this.#workload,
      depth: as === 'balancer' ? 'versions' : 'latest',
      onRegister: (register) => this.#record('register', register),
      onVersion: (version) => this.#record('version', version),
    })
    this.#record('registers.ended', { node: from.node, ...read })
    return { registerVersions: read.versions }
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
