import { expect, test } from 'vitest'
import { milliseconds, minutes } from '../lib/duration.ts'
import { nobody } from '../procedure-steps.ts'
import { monthlyDrill } from './monthly-drill.ts'
import type { Performed, Step, Within } from './procedure.ts'
import { restoreCluster } from './restore-cluster.ts'

const LAST = 'Write down how it went'

/** The steps that a drill comes to, and how it ends, when its restore came to this. */
async function drilled(restored: Performed): Promise<readonly string[]> {
  const begun: string[] = []
  const step: Step = async (title, act) => {
    begun.push(title)
    return title === LAST ? nobody : act()
  }
  const within: Within = async ({ name }) =>
    name === restoreCluster.name ? restored : { took: milliseconds(1), byPeople: [] }
  const given = { nodes: [], custody: nobody, access: nobody, destroy: async () => {} }
  await monthlyDrill.perform(nobody, given, step, within)
  return begun
}

test('a drill in time that left nothing to people comes to its last step', async () => {
  expect((await drilled({ took: minutes(29), byPeople: [] })).at(-1)).toBe(LAST)
})

test.each([
  ['of one step of people', { took: minutes(1), byPeople: ['Fetch a share'] }, /Fetch a share/],
  ['of 30 min', { took: minutes(30), byPeople: [] }, /it took 30 min/],
])('a drill fails because %s', async (_why, restored, said) => {
  await expect(drilled(restored)).rejects.toThrow(said)
})

/** The drill with the restore that it really performs, of which only the steps are counted. */
async function drilledFor(rehearsed?: boolean): Promise<void> {
  const step: Step = async (title, act) => (title === LAST ? nobody : act())
  const within: Within = async (procedure, given) => {
    const byPeople: string[] = []
    const counting: Step = async (title, _act, { people } = {}) => {
      if (people !== undefined) byPeople.push(title)
      return nobody
    }
    await procedure.perform(nobody, given, counting, nobody)
    return { took: milliseconds(1), byPeople }
  }
  const given = { nodes: nobody, custody: nobody, access: nobody, destroy: async () => {} }
  const asked = rehearsed === undefined ? given : { ...given, rehearsed }
  await monthlyDrill.perform(nobody, asked, step, within)
}

test('a drill whose restore waits for people fails, and names what they had to do', async () => {
  await expect(drilledFor(false)).rejects.toThrow(
    'people had to: Declare the loss, and name who decides, Tell those who wait that it is over',
  )
  await drilledFor()
})

/** What a restore leaves to people. */
async function peoplesSteps(rehearsed: boolean): Promise<readonly string[]> {
  const found: string[] = []
  const step: Step = async (title, _act, { people } = {}) => {
    if (people !== undefined) found.push(title)
    return nobody
  }
  const given = { nodes: nobody, custody: nobody, bucket: 'a-bucket', rehearsed }
  await restoreCluster.perform(nobody, given, step, nobody)
  return found
}

test('what a rehearsal has decided beforehand is to declare and to tell, and nothing else', async () => {
  expect(await peoplesSteps(false)).toEqual([
    'Declare the loss, and name who decides',
    'Tell those who wait that it is over',
  ])
  expect(await peoplesSteps(true)).toEqual([])
})
