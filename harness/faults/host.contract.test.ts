import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { OperatorNotes } from '../cluster/operator-notes.ts'
import { seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { Container } from '../stack/container.ts'
import { runTool } from '../stack/toolbox.ts'
import { hostLost } from './host.ts'
import { bite, context, healsFromDisk, isOver, provesFinal, refusesSecond } from './made-proof.ts'
import { powerCut } from './power.ts'
import { hostDestroyed, hostGivenUp, oldDisk } from './volumes.ts'

const on = onStage('host-faults')

beforeEach(async () => {
  await on().cluster.converge(context.signal)
})

async function writeUntil(cluster: Cluster, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await cluster.secrets().write('drill/disk', { at: context.clock.now() })
    await sleep(100)
  }
}

/** What a peer of the node gets from its API through its own link. */
async function throughLink(cluster: Cluster, node: Node): Promise<string> {
  const peer = cluster.nodes.find((each) => each !== node) as Node
  const { listen } = await peer.links.state(`api-${node.name}`)
  const [host, port] = listen.split(':')
  const dial = [
    'import socket, ssl',
    'context = ssl._create_unverified_context()',
    `link = context.wrap_socket(socket.create_connection(("${host}", ${port}), 3))`,
    'link.sendall(b"GET /v1/sys/health HTTP/1.0\\r\\n\\r\\n")',
    'print(link.recv(12).decode())',
  ]
  const script = `python3 -c '${dial.join('\n')}'`
  return (await runTool(cluster.docker.engine, cluster.toolbox(peer.name), script)).trim()
}

describe.each([
  ['standby', /^vault-\d: exit code 137, not in the network, a dial from another pod: .*$/],
  ['leader', /not in the network, .*; vault-\d leads in term \d+, before \d+$/],
  ['two', /not in the network, .*; 1 of 3 voters are left, and none of them leads$/],
] as const)('a lost host (%s)', (target, witnessed) => {
  test('is out of the network, and comes back at its address with its links', async () => {
    const { cluster, docker } = on()
    const fault = hostLost(target)
    const { plan, witness } = await bite(cluster, fault)
    expect(witness).toMatch(witnessed)
    const left = await fault.kind.residue(docker, plan)
    expect(left).toHaveLength(2 * plan.hosts.length)
    await healsFromDisk(cluster, fault, plan)
    await isOver(cluster, fault, plan)
    for (const { node: name } of plan.hosts) {
      const node = cluster.node(name)
      await node.is(['leader', 'standby'], { within: seconds(60) })
      expect(await throughLink(cluster, node)).toMatch(/^HTTP\/1.\d (200|429)/)
    }
  })
})

test('a power cut of all ends every server at once, and healing starts every one', async () => {
  const { cluster } = on()
  const { plan, witness } = await bite(cluster, powerCut('all'))
  expect(witness).toMatch(
    /exit code 137, no answer; 0 of 3 voters are left, and none of them leads$/,
  )
  expect(new Set(plan.target.split(','))).toEqual(new Set(['vault-1', 'vault-2', 'vault-3']))
  await healsFromDisk(cluster, powerCut('all'), plan)
  await isOver(cluster, powerCut('all'), plan)
})

test('an old disk is the one of some time before; the node comes back with it', async () => {
  const { cluster } = on()
  const fault = oldDisk('standby', 1500)
  const writing = new AbortController()
  const writes = writeUntil(cluster, writing.signal) // or nothing on it would be old
  const { plan, witness } = await bite(cluster, fault)
  writing.abort()
  await writes
  expect(witness).toMatch(
    /^exit code 137; \d+ files are as they were 1\.5\d* s before, [1-9]\d* of them/,
  )
  await refusesSecond(cluster, fault, plan)
  await healsFromDisk(cluster, fault, plan)
  expect(await fault.kind.witness(cluster, plan)).toMatchObject({ happened: true })
  await cluster.node(plan.target).start()
})

test('of a host that was given up the disk is kept, and the old machine is started with it', async () => {
  const { cluster } = on()
  const witness = await provesFinal(cluster, hostGivenUp('standby'))
  const [, name] =
    /container of (vault-\d) nor drill-\S+-data, but drill-\S+-kept/.exec(witness) ?? []
  const lost = cluster.node(name as string)
  const old = await cluster.workplace.switchOnOld(lost)
  // With an empty disk it would be uninitialised.
  await old.is(['standby'], { within: seconds(30) })
  await cluster.dismiss(old)

  const notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-given-up-')))
  onTestFinished(() => rmSync(notes.folder, { recursive: true }))
  const { token } = cluster.custody
  const operator = cluster.operator(context.signal, { notes, token })
  await operator.raft.remove(lost)
  await operator.renewMachine(lost)
  await operator.raft.join(lost)
  await operator.seesHealthyVoters()
})

test('a destroyed host has neither container nor volume, and no healing brings them back', async () => {
  const { cluster, docker } = on()
  const witness = await provesFinal(cluster, hostDestroyed('standby'))
  const [, name] = /container of (vault-\d) nor drill-/.exec(witness) ?? []
  const lost = cluster.node(name as string)
  expect(await new Container(docker.engine, lost.vault.id, lost.name).labelsIfThere()).toBe(
    undefined,
  )
  expect((await cluster.processes())[lost.name]).toEqual({ pid: 0, ageMs: 0 })
})
