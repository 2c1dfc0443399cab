import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { EngineRefused, followStream } from './engine-stream.ts'

test('lines are read whole, however the engine cuts them', async () => {
  const said: string[] = []
  const stream = Readable.from([
    '{"stream":"Step',
    ' 1"}\n\n{"sta',
    'tus":"Pulling"}',
    '\n{"aux":{}}',
  ])
  await followStream(stream, undefined, (text) => said.push(text))
  expect(said).toEqual(['Step 1', 'Pulling'])
})

test("the engine's own error ends it", async () => {
  const stream = Readable.from(['{"stream":"x"}\n{"error":"manifest unknown"}\n'])
  await expect(followStream(stream, undefined)).rejects.toThrow(EngineRefused)
})

test('an abort ends it with its own reason', async () => {
  const stop = new AbortController()
  const endless = new Readable({ read() {} })
  const following = followStream(endless, stop.signal)
  stop.abort(new Error('stopped by SIGINT'))
  await expect(following).rejects.toThrow('stopped by SIGINT')
})
