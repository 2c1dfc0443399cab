import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { seconds } from '../lib/duration.ts'
import { type Address, HttpTarget, RequestFailed } from '../lib/http.ts'
import { type Bugs, FakeVault } from './fake-vault.ts'

const PATH = '/v1/secret/data/rpo/a'
const METADATA = '/v1/secret/metadata/rpo/a'

async function fake(bugs?: Bugs) {
  const vault = await FakeVault.start(bugs)
  const targets: HttpTarget[] = []
  onTestFinished(async () => {
    await Promise.all(targets.map((target) => target.close()))
    await vault.stop()
  })
  const ask = async (
    address: Address,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
  ) => {
    const target = new HttpTarget(address)
    targets.push(target)
    const answer = await target.request({
      method,
      path,
      headers: { 'x-vault-token': 't' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      within: seconds(2),
    })
    const text = answer.body.toString()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const write = (address: Address, n: number, cas?: number) =>
    ask(address, 'POST', PATH, { data: { n }, ...(cas === undefined ? {} : { options: { cas } }) })
  return { vault, ask, write, standby: vault.node('vault-2').listener.address }
}

describe('the imitation of a cluster', () => {
  test('counts versions and holds writes to their condition', async () => {
    const { vault, ask, write } = await fake()
    expect((await write(vault.balancer, 1, 0)).body.data.version).toBe(1)
    expect((await write(vault.balancer, 2)).body.data.version).toBe(2)
    expect((await write(vault.balancer, 3, 1)).status).toBe(400)
    const old = await ask(vault.balancer, 'GET', `${PATH}?version=1`)
    expect(old.body.data).toMatchObject({ data: { n: 1 }, metadata: { version: 1 } })
    const { body } = await ask(vault.balancer, 'GET', METADATA)
    expect(body.data).toMatchObject({ current_version: 2 })
    expect(Object.keys(body.data.versions)).toEqual(['1', '2'])
  })

  test('hides what is deleted and says that it was there', async () => {
    const { vault, ask, write } = await fake()
    await write(vault.balancer, 1)
    expect((await ask(vault.balancer, 'DELETE', PATH)).status).toBe(204)
    const { status, body } = await ask(vault.balancer, 'GET', PATH)
    expect(status).toBe(404)
    expect(body.data).toMatchObject({ data: null, metadata: { version: 1, destroyed: false } })
    expect(body.data.metadata.deletion_time).not.toBe('')
  })

  test('has every acknowledged write on every node, wherever it was sent', async () => {
    const { vault, ask, write, standby } = await fake()
    expect((await write(standby, 7)).status).toBe(200)
    for (const { listener } of vault.nodes) {
      expect((await ask(listener.address, 'GET', PATH)).body.data.data).toEqual({ n: 7 })
    }
  })

  test('is without a leader for a moment after a crash, and keeps what it acknowledged', async () => {
    const { vault, ask, write, standby } = await fake()
    await write(vault.balancer, 1)
    const lost = write(vault.balancer, 2).catch((error) => error)
    await vault.crashLeader()
    expect(await lost).toSatisfy((seen) => seen instanceof RequestFailed || seen.status === 200)
    expect((await write(standby, 3)).status).toBe(500)
    await expect(write(vault.balancer, 3)).rejects.toThrow(RequestFailed)
    await sleep(300)
    expect(vault.leader).toBe('vault-2')
    expect((await ask(standby, 'GET', '/v1/sys/health')).status).toBe(200)
    expect((await ask(vault.balancer, 'GET', PATH)).status).toBe(200)
    await vault.rejoin('vault-1')
    const rejoined = vault.node('vault-1').listener.address
    expect((await ask(rejoined, 'GET', '/v1/sys/health')).status).toBe(429)
    expect((await ask(rejoined, 'GET', PATH)).status).toBe(200)
  })

  test('loses what the older of two leaders acknowledged, when it is told to have two', async () => {
    const { vault, ask, write } = await fake({ twoLeadersMs: 100 })
    const crash = vault.crashLeader()
    await sleep(20)
    const answers = [await write(vault.balancer, 1), await write(vault.balancer, 2)]
    expect(answers.map(({ body }) => body.data.version)).toEqual([1, 1])
    await crash
    const { body } = await ask(vault.balancer, 'GET', METADATA)
    expect(body.data.current_version).toBe(1)
  })
})
