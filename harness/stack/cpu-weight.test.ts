import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { containersWeight } from './cpu-weight.ts'

test.each([
  ['version 1', 'cpu/docker/cpu.shares', '4096\n', 4],
  ['version 1, as it is without us', 'cpu/docker/cpu.shares', '1024\n', 1],
  ['version 2', 'docker/cpu.weight', '400\n', 4],
  ['neither', 'system.slice/cpu.weight', '100\n', undefined],
])('control groups of %s', (_, file, content, weight) => {
  const groups = mkdtempSync(join(tmpdir(), 'drill-groups-'))
  onTestFinished(() => rmSync(groups, { recursive: true }))
  mkdirSync(dirname(join(groups, file)), { recursive: true })
  writeFileSync(join(groups, file), content)

  expect(containersWeight(groups)).toBe(weight)
})
