import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { clientOf, serving } from '../../fixtures/responses/replay.ts'
import type { Node } from './node.ts'
import { fewestServing } from './serving.ts'

const NAMES = ['vault-1', 'vault-2', 'vault-3'] as const

/** A cluster whose nodes have these states, and whose leader's autopilot names these voters. */
async function clusterOf(statuses: readonly number[], voters: readonly string[] | 'silent') {
  const server = createServer((_request, response) => {
    if (voters === 'silent') return response.writeHead(500).end('{"errors":[]}')
    response.end(JSON.stringify({ data: { leader: 'vault-1', voters, servers: {} } }))
  })
  const client = clientOf(await serving(server))
  const nodes = NAMES.map(
    (name, i) => ({ name, health: async () => ({ status: statuses[i] }) }) as unknown as Node,
  )
  return { nodes, leader: async () => nodes[0] as Node, onNode: () => client }
}

const aLook = () => new Promise((resolve) => setTimeout(resolve, 50))

test.each<[string, readonly number[], readonly string[] | 'silent', number]>([
  ['all serve and vote', [200, 429, 429], NAMES, 3],
  ['one is sealed', [200, 503, 429], NAMES, 2],
  ['one has no vote', [200, 429, 429], NAMES.slice(0, 2), 2],
  ['one is sealed and another has no vote', [200, 503, 429], NAMES.slice(0, 2), 1],
  ['nobody says who votes', [200, 429, 429], 'silent', 0],
])('where %s, so many voters serve', async (_what, statuses, voters, expected) => {
  const { fewest, looks } = await fewestServing(await clusterOf(statuses, voters), aLook)
  expect(fewest).toBe(expected)
  expect(looks).toBeGreaterThan(0)
})

test('what went on is what it ends with', async () => {
  const cluster = await clusterOf([200, 429, 429], NAMES)
  const failed = fewestServing(cluster, () => Promise.reject(new Error('it stopped')))
  await expect(failed).rejects.toThrow('it stopped')
})
