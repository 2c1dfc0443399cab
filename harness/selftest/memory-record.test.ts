import { expect, test } from 'vitest'
import { judgeScenario } from '../objectives/judge.ts'
import { madeRun, recordOf as recordOnDisk } from '../objectives/made-record.ts'
import { recordOf } from './memory-record.ts'

test('a record without a disk is judged as one that was written and read', async () => {
  const inMemory = recordOf(madeRun())
  const onDisk = await recordOnDisk(madeRun())

  const { gates: _, ...verdict } = judgeScenario(inMemory)
  const { gates: __, ...expected } = judgeScenario(onDisk)
  expect(verdict).toEqual(expected)
  expect(inMemory.lanes).toEqual(onDisk.lanes)
  expect(inMemory.history).toEqual(onDisk.history)
  expect(inMemory.readOuts).toEqual(onDisk.readOuts)
})
