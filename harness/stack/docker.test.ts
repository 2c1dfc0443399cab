import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { run } from '../lib/command.ts'
import { connectDocker, EngineUnavailable } from './docker.ts'

/** The engines that nobody has at hand: dead, foreign, ancient, hanging. A live one has its own test. */
let socket: string
let server: Server | undefined
beforeEach(() => {
  socket = join(mkdtempSync(join(tmpdir(), 'engine-')), 'docker.sock')
  vi.stubEnv('DOCKER_HOST', `unix://${socket}`)
})
afterEach(() => {
  server?.close().closeAllConnections()
  server = undefined
  vi.unstubAllEnvs()
  rmSync(join(socket, '..'), { recursive: true, force: true })
})

const listen = (onRequest: Parameters<typeof createServer>[1]) =>
  new Promise<void>((resolve) => {
    server = createServer(onRequest as never).listen(socket, resolve)
  })

test('an engine that was named and is not there is not replaced by another', async () => {
  await expect(connectDocker()).rejects.toThrow(EngineUnavailable)
  await expect(connectDocker()).rejects.toThrow(`no Docker Engine found at ${socket}: install one`)
})

test('a socket that nobody listens on says to start the engine', async () => {
  const listenAndDie = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`
  await run(process.execPath, ['-e', listenAndDie]).catch(() => {})
  await expect(connectDocker()).rejects.toThrow(`no Docker Engine listens at ${socket}: start it`)
})

test('an engine before 20.10 is refused with its version', async () => {
  await listen((_request, response) =>
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ Version: '19.03.15', ApiVersion: '1.40', Arch: 'amd64' })),
  )
  await expect(connectDocker()).rejects.toThrow(
    'Docker Engine 19.03.15 speaks API 1.40; 1.41 (Engine 20.10) or newer is needed: upgrade it',
  )
})

test('an engine that hangs is given up after its deadline', async () => {
  await listen(() => {})
  await expect(connectDocker()).rejects.toThrow('gave no answer within 5.00 s')
})

test('an address that is none is refused', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://a b')
  await expect(connectDocker()).rejects.toThrow('DOCKER_HOST is not an address')
})
