import { describe, expect, test } from 'vitest'
import { run } from '../lib/command.ts'
import { livenessOf, ownerText, thisProcess } from './owner.ts'

const here = thisProcess()

describe('the owner of a container is', () => {
  test('alive when it is this process', () => {
    expect(livenessOf(ownerText(here))).toBe('alive')
  })

  test('alive when it is another process that runs', () => {
    expect(livenessOf(ownerText(here), { ...here, pid: 1, started: 'x' })).toBe('alive')
  })

  test('dead when its process has ended', async () => {
    const print = `import('${new URL('./owner.ts', import.meta.url)}').then((owner) => console.log(owner.ownerText(owner.thisProcess())))`
    const ended = await run(process.execPath, ['-e', print])
    expect(ended).toMatch(new RegExp(`^${here.host}/${here.boot}/\\d+/\\d+$`))
    expect(livenessOf(ended)).toBe('dead')
  })

  test.each([
    ['dead', 'its pid was used again', { started: '1' }],
    ['dead', 'the machine was booted since', { boot: 'another-boot' }],
    ['elsewhere', 'it is on another host', { host: 'another-host' }],
    ['elsewhere', 'this system does not tell boots apart', { boot: 'unknown', started: 'unknown' }],
  ])('%s when %s', (state, _why, change) => {
    expect(livenessOf(ownerText({ ...here, ...change }))).toBe(state)
  })

  test('elsewhere when there is no owner on the label', () => {
    expect(livenessOf('')).toBe('elsewhere')
  })
})
