import { expect, test } from 'vitest'
import { entriesWith, lackingOf } from './audit-trail.ts'

const PATH = 'secret/data/drill/1'
const hmac = `hmac-sha256:${'ab'.repeat(32)}`
const entry = (type: string, id: string, { path = PATH, value = hmac } = {}) => ({
  type,
  request: { id, path, data: { data: { value } } },
})

test.each([
  ['request and response are there', [entry('request', 'a'), entry('response', 'a')], undefined],
  ['there is nothing', [], 'no node has a request entry'],
  [
    'another path was called',
    [entry('request', 'a', { path: 'x' })],
    'no node has a request entry',
  ],
  ['nothing answered it', [entry('request', 'a')], 'a request entry without a response entry'],
  [
    'only another attempt was answered',
    [entry('request', 'a'), entry('response', 'b')],
    'a request entry without a response entry',
  ],
  [
    'the value stands in clear',
    [entry('request', 'a', { value: 'clear' }), entry('response', 'a', { value: 'clear' })],
    'the value in its request entry is no HMAC',
  ],
  [
    'one attempt got no answer and the next did',
    [entry('request', 'a'), entry('request', 'b'), entry('response', 'b')],
    undefined,
  ],
] as const)('when %s, it says what a call lacks', (_when, entries, lacks) => {
  expect(lackingOf(PATH, entries)).toBe(lacks)
})

test('lines of others and a line that was cut are no entries', () => {
  const lines = [entry('request', 'a'), entry('response', 'a', { path: 'other' })]
  const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"type":"request","request":{"path":"${PATH}`
  expect(entriesWith(PATH, Buffer.from(text))).toEqual([lines[0]])
})
