import { expect, test } from 'vitest'
import type { VaultClient } from '../vault/client.ts'
import { View } from './view.ts'

type Told = { readonly leads: boolean; readonly lastTerm?: number }

/** A view of servers that say so now; one without a term cannot be asked for it. */
function viewOf(now: Record<string, Told>) {
  const clients = Object.keys(now).map((node) => ({
    node,
    request: async (_method: string, path: string) => {
      const { leads, lastTerm } = now[node] as Told
      if (path === 'sys/health') return { status: leads ? 200 : 429, body: {} }
      if (lastTerm === undefined) throw new Error(`${node} does not answer`)
      return {
        status: 200,
        body: { data: { servers: { [node]: { id: node, last_term: lastTerm } } } },
      }
    },
  }))
  return new View(clients as unknown as readonly VaultClient[])
}

test('the term is what the leader tells', async () => {
  const now: Record<string, Told> = { a: { leads: true, lastTerm: 4 }, b: { leads: false } }
  const view = viewOf(now)
  expect(await view.term()).toBe(4)
  Object.assign(now, { a: { leads: false }, b: { leads: true, lastTerm: 5 } })
  expect(await view.term()).toBe(5)
})

test('it stays where the leader cannot tell, and where two lead', async () => {
  const now: Record<string, Told> = { a: { leads: true, lastTerm: 5 }, b: { leads: false } }
  const view = viewOf(now)
  await view.term()
  Object.assign(now, { a: { leads: true } })
  expect(await view.term()).toBe(5)
  Object.assign(now, { a: { leads: true, lastTerm: 4 }, b: { leads: true, lastTerm: 5 } })
  expect(await view.term()).toBe(5)
})

test('it falls where a restored cluster begins to count anew', async () => {
  const now: Record<string, Told> = { a: { leads: true, lastTerm: 5 } }
  const view = viewOf(now)
  await view.term()
  Object.assign(now, { a: { leads: true, lastTerm: 3 } })
  expect(await view.term()).toBe(3)
})

test('nobody has told one yet, and nobody can', async () => {
  await expect(viewOf({ a: { leads: true } }).term()).rejects.toThrow('a does not answer')
})
