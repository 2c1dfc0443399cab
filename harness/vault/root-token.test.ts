import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { clientOf, replaying, serving } from '../../fixtures/responses/replay.ts'
import { Secret } from '../lib/secret.ts'
import { generateRootToken, TooFewShares } from './root-token.ts'

const shares = [1, 2, 3].map((n) => new Secret(`recorded-new-share-${n}`))
const given = [1, 2, 3].map((n) => `root token: share ${n}`)
const BEGUN = ['end an attempt at a root token', 'begin a root token']

describe.each([
  ['openbao', /^s\.[A-Za-z0-9]{24}$/],
  ['vault', /^hvs\.[\w-]{24,}$/],
] as const)('a node of %s', (product, token) => {
  test('makes a root token of three shares', async () => {
    const client = await replaying(product, 'keys', ...BEGUN, ...given)
    const made = await generateRootToken(client, shares)
    expect(made.reveal()).toMatch(token)
    expect(String(made)).toBe('[secret]')
  })

  test('makes none of two, and the attempt is ended', async () => {
    const titles = [...BEGUN, ...given.slice(0, 2), 'end an attempt at a root token']
    const client = await replaying(product, 'keys', ...titles)
    const made = generateRootToken(client, shares.slice(0, 2))
    await expect(made).rejects.toThrow(TooFewShares)
    await expect(made).rejects.toThrow('a root token takes 3 shares, and 2 were given')
  })
})

test('a listener that was not told to allow it says so', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(405).end('{"errors":["unsupported operation"]}')
  })
  const client = clientOf(await serving(server))
  await expect(generateRootToken(client, shares)).rejects.toMatchObject({ status: 405 })
})
