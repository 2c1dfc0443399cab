import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/** What a thread that gives one file to everybody who asks is told. */
export type SourceSpec = {
  readonly file: string
  /** Absent: as fast as the loopback interface takes it. */
  readonly bytesPerSecond?: number | undefined
}

const PIECE = 128 * 1024

const { file, bytesPerSecond }: SourceSpec = workerData
const content = readFileSync(file)
const server = createServer((_request, response) => void send(response))
server.listen(0, '127.0.0.1', () => {
  parentPort?.postMessage((server.address() as AddressInfo).port)
})

async function send(response: ServerResponse): Promise<void> {
  const began = performance.now()
  for (let at = 0; at < content.length; at += PIECE) {
    if (bytesPerSecond !== undefined) {
      const early = began + (at / bytesPerSecond) * 1000 - performance.now()
      if (early >= 1) await sleep(early)
    }
    if (!response.write(content.subarray(at, at + PIECE))) await once(response, 'drain')
  }
  response.end()
}
