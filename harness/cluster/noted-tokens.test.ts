import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { clientOf, serving } from '../../fixtures/responses/replay.ts'
import { NotedTokens } from './noted-tokens.ts'

/** A server that knows these tokens, all of them root's. */
async function knowing(tokens: ReadonlySet<string>) {
  const server = createServer((request, answer) => {
    const isKnown = tokens.has(String(request.headers['x-vault-token']))
    const body = isKnown ? { data: { policies: ['root'] } } : { errors: ['permission denied'] }
    answer.writeHead(isKnown ? 200 : 403).end(JSON.stringify(body))
  })
  return serving(server)
}

test('a token that was not revoked is told from one that was', async () => {
  const alive = new Set(['revoked later', 'forgotten'])
  const address = await knowing(alive)
  const noted = new NotedTokens()
  for (const token of alive) await noted.use(clientOf(address, token))
  alive.delete('revoked later')
  expect(noted.policies).toEqual(['root', 'root'])
  await expect(noted.states()).resolves.toEqual(['refused', 'valid'])
})

test('a token that may do nothing any more is looked for all the same', async () => {
  const noted = new NotedTokens()
  await expect(noted.use(clientOf(await knowing(new Set()), 'a token'))).rejects.toThrow('403')
  expect(noted.policies).toEqual([])
  expect(noted.tokens.map((token) => token.reveal())).toEqual(['a token'])
})
