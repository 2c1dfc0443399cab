import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type ThrowAway, throwAway } from '../throw-away.ts'
import { createNetwork } from './network.ts'

let place: ThrowAway
beforeAll(async () => {
  place = await throwAway()
})
afterAll(() => place?.remove())

test('its subnet is private, and its first address is the gateway', async () => {
  const { IPAM, Labels } = await place.docker.engine.getNetwork(place.network.id).inspect()
  const base = place.network.address(0)
  expect(base).toMatch(/^10\.(12[89]|1[3-9]\d|2\d\d)\.\d+\.0$/)
  expect(IPAM?.Config).toMatchObject([{ Subnet: `${base}/20`, Gateway: place.network.address(1) }])
  expect(Labels).toEqual(place.labels)
})

test.each([
  [16, 16],
  [256, 0], // the subnet is larger than a /24
  [4094, 254],
])('the %ith address is a real one: a container keeps it', async (n, last) => {
  const ip = place.network.address(n)
  expect(ip.split('.').at(-1)).toBe(String(last))
  const container = await place.container({
    name: `at-${n}`,
    image: (await place.image('toxiproxy')).reference,
    network: { name: place.network.name, ip },
  })
  await container.start()
  expect(await container.ip(place.network.name)).toBe(ip)
  await container.restart()
  expect(await container.ip(place.network.name)).toBe(ip)
  await expect(container.ip('bridge')).rejects.toThrow('has no address in bridge')
})

test('every network has a subnet of its own, which the host does not use', async () => {
  const { engine } = place.docker
  const others = await Promise.all(
    [1, 2, 3].map((n) => createNetwork(engine, `${place.network.name}-${n}`, place.labels)),
  )
  onTestFinished(() => Promise.all(others.map((other) => other.remove())).then(() => {}))
  const bases = [place.network, ...others].map((network) => network.address(0))
  expect(new Set(bases).size).toBe(4)
  const hosts = Object.entries(networkInterfaces())
    .filter(([name]) => !name.startsWith('br-'))
    .flatMap(([, addresses]) => addresses ?? [])
  expect(
    hosts.filter(({ address }) => bases.some((base) => address.startsWith(base.slice(0, -2)))),
  ).toEqual([])
})

test('it can be removed twice', async () => {
  const network = await createNetwork(
    place.docker.engine,
    `${place.network.name}-gone`,
    place.labels,
  )
  await network.remove()
  await network.remove()
  const { engine } = place.docker
  await expect(engine.getNetwork(network.id).inspect()).rejects.toMatchObject({ statusCode: 404 })
})
