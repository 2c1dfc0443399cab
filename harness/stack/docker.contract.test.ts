import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { readSettings } from '../settings.ts'
import { labelsOf } from '../throw-away.ts'
import { connectDocker, type Docker } from './docker.ts'
import { resolveImages } from './images.ts'

let remove: (() => Promise<unknown>) | undefined
afterEach(async () => {
  await remove?.()
  remove = undefined
})

test('the engine is found and tells what it is', async () => {
  const { engine, facts } = await connectDocker()
  const said = await engine.version()
  expect(facts).toMatchObject({ version: said.Version, apiVersion: said.ApiVersion })
  expect(facts.os).not.toBe('')
  expect(facts.dial).toBe(facts.local ? 'direct' : 'published')
})

test('how to dial can be set against what the engine allows', async () => {
  expect((await connectDocker({ dial: 'published' })).facts.dial).toBe('published')
})

test('a local engine has its processes and addresses within reach', async ({ skip }) => {
  const docker = await connectDocker()
  if (!docker.facts.local) skip('the engine is not local')
  const { pid, ip } = await startToxiproxy(docker)
  expect(readFileSync(`/proc/${pid}/comm`, 'utf8').trim()).toBe('toxiproxy')
  await until('a TCP connection to the container', () => dial(ip, 8474), { within: seconds(5) })
})

async function startToxiproxy(docker: Docker): Promise<{ pid: number; ip: string }> {
  const { toxiproxy } = await resolveImages(docker, ['toxiproxy'], {
    sources: readSettings({}).sources,
  })
  const container = await docker.engine.createContainer({
    Image: toxiproxy.id,
    Entrypoint: [...toxiproxy.entrypoint],
    Cmd: ['-host', '0.0.0.0'],
    Labels: { ...labelsOf('contract-docker') },
  })
  remove = () => container.remove({ force: true })
  await container.start()
  const { State, NetworkSettings } = await container.inspect()
  return { pid: State.Pid, ip: NetworkSettings.Networks.bridge?.IPAddress ?? 'no address' }
}

function dial(host: string, port: number) {
  return new Promise<ReturnType<typeof notYet> | ReturnType<typeof happened<true>>>((resolve) => {
    const socket = connect({ host, port, timeout: 1000 })
    socket.once('connect', () => resolve(happened(true)))
    socket.once('error', ({ message }) => resolve(notYet(message)))
    socket.once('timeout', () => resolve(notYet('no answer')))
    socket.once('connect', () => socket.destroy()).once('timeout', () => socket.destroy())
  })
}
