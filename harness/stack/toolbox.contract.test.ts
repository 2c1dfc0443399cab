import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { milliseconds, seconds } from '../lib/duration.ts'
import { labelsOf, type ThrowAway, throwAway } from '../throw-away.ts'
import { probeAbilities } from './abilities.ts'
import { removeAwsProxy } from './aws-proxy.ts'
import { type Container, ExecTooSlow } from './container.ts'
import { NameOfOthers } from './name-of-others.ts'
import {
  askTool,
  removeToolbox,
  runTool,
  type ToolboxSpec,
  ToolFailed,
  toolbox,
} from './toolbox.ts'
import { isVolumeThere, removeVolume } from './volume.ts'

let place: ThrowAway
let pod: Container
let spec: ToolboxSpec
beforeAll(async () => {
  place = await throwAway()
  const { reference: image, entrypoint } = await place.image('toolbox')
  pod = await place.container({ name: 'pod', image, entrypoint })
  await pod.start()
  const name = `drill-${place.run}-tools-pod`
  spec = { name, image, entrypoint, labels: place.labels, pod: pod.id }
})
afterAll(() => place?.remove())

const engine = () => place.docker.engine

describe('a toolbox', () => {
  test('shares the network namespace of its pod, and is found again by its name', async () => {
    const namespace = 'readlink /proc/self/ns/net'
    const { output } = await pod.exec(['sh', '-c', namespace], seconds(10))
    expect(await runTool(engine(), spec, namespace)).toBe(output)
    const [first, second] = [await toolbox(engine(), spec), await toolbox(engine(), spec)]
    expect(second.id).toBe(first.id)
  })

  test('says what a script that failed said last', async () => {
    const script = 'echo one; echo two >&2; exit 3'
    await expect(runTool(engine(), spec, script)).rejects.toThrow(
      new ToolFailed(spec.name, script, 3, 'one\ntwo\n'),
    )
    expect(await askTool(engine(), spec, 'exit 4')).toEqual({ exitCode: 4, output: '' })
  })

  test('is not waited for longer than asked', async () => {
    await expect(runTool(engine(), spec, 'sleep 20', milliseconds(300))).rejects.toThrow(
      ExecTooSlow,
    )
  })

  test('is made anew when its pod was, because its namespace is gone', async () => {
    const before = await toolbox(engine(), spec)
    const { reference: image, entrypoint } = await place.image('toolbox')
    const another = await place.container({ name: 'another', image, entrypoint })
    await another.start()
    const after = await toolbox(engine(), { ...spec, pod: another.id })
    expect(after.id).not.toBe(before.id)
  })

  test('of the same name that another run made is neither used nor removed', async () => {
    const name = `drill-${place.run}-tools-other`
    const others = { ...spec, name, labels: labelsOf('another') }
    const box = await toolbox(engine(), others)
    onTestFinished(() => removeToolbox(engine(), others))
    const ours = { ...spec, name }
    const left = `${name} was to be of run ${place.run}, and belongs to run another: it is left alone`
    await expect(removeToolbox(engine(), ours)).rejects.toThrow(left)
    await expect(runTool(engine(), ours, 'true')).rejects.toThrow(NameOfOthers)
    await expect(removeAwsProxy({ engine: engine() }, ours)).rejects.toThrow(NameOfOthers)
    expect((await box.state()).running).toBe(true)
  })

  test('is removed once, and twice is harmless', async () => {
    await removeToolbox(engine(), spec)
    await removeToolbox(engine(), spec)
    expect(await place.leftovers()).not.toContain(spec.name)
  })
})

test('a volume that nobody labelled is not removed for its name', async () => {
  const name = `drill-${place.run}-volume`
  await engine().createVolume({ Name: name })
  onTestFinished(() => engine().getVolume(name).remove())
  await expect(removeVolume(engine(), { name, labels: place.labels })).rejects.toThrow(
    `${name} was to be of run ${place.run}, and has no label of ours: it is left alone`,
  )
  expect(await isVolumeThere(engine(), name)).toBe(true)
})

test('abilities are tried, and each that is missing has a reason', async () => {
  const abilities = await probeAbilities(place.docker, spec)
  for (const [ability, able] of Object.entries(abilities)) {
    if (able !== true) expect(able, ability).toMatch(/\w+ \w+/)
  }
  // CI and every Linux engine as root have these; without them half of the catalogue is skipped.
  expect(abilities).toMatchObject({ 'net-admin': true, pause: true })
  expect(await place.leftovers()).not.toContain(`${spec.name}-abilities`)
})
