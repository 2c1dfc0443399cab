import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { type ThrowAway, type ThrowAwaySpec, throwAway } from '../throw-away.ts'
import { type Container, createContainer } from './container.ts'
import { isAlive } from './host-process.ts'

let place: ThrowAway
let image: string
beforeAll(async () => {
  place = await throwAway()
  image = (await place.image('haproxy')).reference // of the small ones that has a shell
})
afterAll(() => place?.remove())

let names = 0
async function shell(script: string, change: Partial<ThrowAwaySpec> = {}): Promise<Container> {
  const name = `shell-${++names}`
  return place.container({ name, image, entrypoint: ['sh', '-c', script], ...change })
}

async function ended(container: Container) {
  return until(
    `${container.name} has ended`,
    async () => {
      const state = await container.state()
      return state.running ? notYet('it runs') : happened(state)
    },
    { within: seconds(10) },
  )
}

test('files are in it before it starts, with their permissions', async () => {
  const container = await shell('cat /drill/a; stat -c %a /drill/a /drill/key', {
    files: [
      { path: '/drill/a', content: 'hällo\n' },
      { path: '/drill/key', content: 'k', mode: 0o600 },
    ],
  })
  expect((await container.state()).running).toBe(false)
  await container.start()
  expect(await ended(container)).toMatchObject({ exitCode: 0, pid: 0, outOfMemory: false })
  expect(await container.logs()).toBe('hällo\n644\n600\n')
})

test('a file can be read and put, also while it does not run', async () => {
  const container = await shell('echo one >/drill/a; cat /drill/late', {
    files: [{ path: '/drill/late', content: 'first' }],
  })
  await container.put([{ path: '/drill/late', content: 'second' }])
  await container.start()
  await ended(container)
  expect(await container.read('/drill/a')).toBe('one\n')
  expect((await container.readAll('/drill')).map(String).toSorted()).toEqual(['one\n', 'second'])
  expect(await container.logs()).toBe('second')
  await expect(container.read('/drill/nothing')).rejects.toMatchObject({ statusCode: 404 })
})

test('its log has both streams as text, and the last lines alone', async () => {
  const container = await shell('echo out; echo err >&2; seq 2000')
  await container.start()
  await ended(container)
  const lines = (await container.logs()).trim().split('\n')
  expect(lines).toHaveLength(2002)
  expect(lines.toSorted().slice(-2)).toEqual(['err', 'out'])
  expect(await container.logs(2)).toBe('1999\n2000\n')
})

describe('a running one', () => {
  test('has a pid and a start time; starting it again changes nothing', async () => {
    const container = await shell('sleep 60')
    await container.start()
    const before = await container.state()
    expect(before).toMatchObject({ running: true, paused: false })
    expect(before.pid).toBeGreaterThan(1)
    await container.start()
    expect(await container.state()).toEqual(before)
    if (place.docker.facts.local) expect(isAlive(before.pid)).toBe(true)
  })

  test('that is killed ends with 137', async () => {
    const container = await shell('sleep 60')
    await container.start()
    const { pid } = await container.state()
    await container.signal('SIGKILL')
    expect((await ended(container)).exitCode).toBe(137)
    expect(isAlive(pid)).toBe(false)
    await expect(container.signal('SIGKILL')).rejects.toMatchObject({ statusCode: 409 })
  })

  test('that is stopped gets SIGTERM first, and may end as it likes', async () => {
    const container = await shell("trap 'echo bye; exit 7' TERM; while :; do sleep 0.05; done")
    await container.start()
    await container.stop(5)
    expect((await container.state()).exitCode).toBe(7)
    expect(await container.logs()).toBe('bye\n')
    await container.stop() // twice is harmless
  })

  test('is another process after a restart, with the files it had', async () => {
    const container = await shell('echo line >>/tmp/seen; sleep 60')
    await container.start()
    const before = await container.state()
    await container.restart()
    const after = await container.state()
    expect(after.running).toBe(true)
    expect(after.pid).not.toBe(before.pid)
    expect(Date.parse(after.startedAt)).toBeGreaterThan(Date.parse(before.startedAt))
    await until(
      'both starts are in the file',
      async () => {
        const seen = await container.read('/tmp/seen')
        return seen === 'line\nline\n' ? happened(true) : notYet(seen)
      },
      { within: seconds(5) },
    )
  })
})

test('a second container in the same pod shares the network and nothing else', async () => {
  const script = 'readlink /proc/self/ns/net /proc/self/ns/pid; sleep 60'
  const pod = await shell(script, { hosts: ['peer:127.0.1.2'] })
  await pod.start()
  const second = await shell(script, { network: { of: pod } })
  const stranger = await shell(script)
  await Promise.all([second.start(), stranger.start()])
  const [podNet, podPid] = await namespacesOf(pod)
  const [secondNet, secondPid] = await namespacesOf(second)
  expect(secondNet).toBe(podNet)
  expect(secondPid).not.toBe(podPid)
  expect((await namespacesOf(stranger))[0]).not.toBe(podNet)
  expect(await second.read('/etc/hosts')).toContain('127.0.1.2\tpeer')
})

async function namespacesOf(container: Container): Promise<readonly string[]> {
  return until(
    `${container.name} has said where it is`,
    async () => {
      const lines = (await container.logs()).trim().split('\n')
      return lines.length === 2 ? happened(lines) : notYet(lines.join())
    },
    { within: seconds(5) },
  )
}

test('a published port is on loopback, any other is an error', async () => {
  const container = await shell('sleep 60', { publish: [8200] })
  await container.start()
  expect(await container.publishedPort(8200)).toBeGreaterThan(1023)
  await expect(container.publishedPort(8201)).rejects.toThrow('publishes no port 8201')
})

test('one that could not be filled is not left behind', async () => {
  const files = [{ path: '/etc/passwd/below-a-file', content: 'x' }]
  await expect(shell('true', { files })).rejects.toThrow()
  expect(await place.leftovers()).not.toContain(`drill-${place.run}-shell-${names}`)
})

test('removing twice is harmless, and it is gone when the first is done', async () => {
  const container = await shell('sleep 60')
  await container.start()
  await Promise.all([container.remove(), container.remove()])
  await expect(container.state()).rejects.toMatchObject({ statusCode: 404 })
  await container.remove()
})

test('an image that is not there is an error of the engine', async () => {
  const spec = { name: `drill-${place.run}-none`, image: 'no-such-image:1', labels: place.labels }
  const created = createContainer(place.docker.engine, { ...spec, network: { name: 'bridge' } })
  await expect(created).rejects.toMatchObject({ statusCode: 404 })
})
