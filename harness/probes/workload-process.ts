import { join } from 'node:path'
import { ChainWriter, type Seal } from '../journal/chain.ts'
import { OPERATIONS_FILE } from '../journal/operation.ts'
import { NS_PER_MS, RunClock } from '../lib/clock.ts'
import { milliseconds } from '../lib/duration.ts'
import { connectToParent } from '../lib/parent.ts'
import { Seed } from '../lib/seed.ts'
import { RegisterPool } from './register-pool.ts'
import { GROUP_SIZE, WorkloadClient } from './workload-client.ts'
import type { FromWorkload, ToWorkload, WorkloadConfiguration } from './workload-message.ts'
import { OperationRecorder } from './workload-recorder.ts'

/**
 * The register workload: what its clients did and were told is the history that the consistency
 * checkers judge. A process of its own and not an urgent one, because the judged lanes beside it
 * must not wait for it.
 */

/** Time for everything to be in place before the first slot. */
const FIRST_SLOT_IN_MS = 20

class WorkloadProcess {
  readonly #clock: RunClock
  readonly #recorder: OperationRecorder
  readonly #clients: readonly WorkloadClient[]

  constructor(configuration: WorkloadConfiguration) {
    const { directory, seed, clients, operationsPerSecond } = configuration
    this.#clock = new RunClock(BigInt(configuration.clockBase))
    const file = new ChainWriter(join(directory, OPERATIONS_FILE), this.#clock)
    this.#recorder = new OperationRecorder(file, this.#clock, {
      pid: process.pid,
      clients,
      operationsPerSecond,
      seed,
    })
    this.#clients = this.#groups(configuration)
  }

  #groups(configuration: WorkloadConfiguration): readonly WorkloadClient[] {
    const { balancer, ca, token, prefix, clients, operationsPerSecond } = configuration
    const seed = new Seed(configuration.seed)
    const pools = new Map<string, RegisterPool>()
    return Array.from({ length: clients }, (_, number) => {
      const tenant = `t${Math.floor(number / GROUP_SIZE) + 1}`
      const pool = pools.get(tenant) ?? new RegisterPool(`${prefix}/register/${tenant}`, seed)
      pools.set(tenant, pool)
      return new WorkloadClient({
        number,
        tenant,
        pool,
        intervalMs: (1_000 * clients) / operationsPerSecond,
        deadline: milliseconds(configuration.deadlineMs),
        clock: this.#clock,
        seed,
        target: balancer,
        tls: ca === undefined ? undefined : { ca, servername: balancer.servername },
        headers: { 'x-vault-token': token },
        recorder: this.#recorder,
      })
    })
  }

  start(): void {
    const firstSlotAt = this.#clock.now() + FIRST_SLOT_IN_MS * NS_PER_MS
    for (const client of this.#clients) client.start(firstSlotAt)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop()))
    parent.leave({ said: 'stopped', seal: this.close() })
  }

  close(): Seal {
    return this.#recorder.close()
  }
}

let workload: WorkloadProcess | undefined

const parent = connectToParent<ToWorkload, FromWorkload>(() => workload?.close())

parent.onMessage(async (message) => {
  if (message.do === 'configure') {
    workload = new WorkloadProcess(message.configuration)
    return parent.tell({ said: 'configured' })
  }
  if (workload === undefined) throw new Error(`"${message.do}" came before the configuration`)
  if (message.do === 'stop') return workload.stop()
  workload.start()
  parent.tell({ said: 'started' })
})
