import { setTimeout as sleep } from 'node:timers/promises'
import { RunClock } from '../lib/clock.ts'
import { connectToParent } from '../lib/parent.ts'
import { Secret } from '../lib/secret.ts'
import type { FromFlipServer, ToFlipServer, TrueOutage } from './flip-message.ts'
import { FlipServer } from './flip-server.ts'

/** The flip server in a process of its own: a busy harness must not look like a slow probe. */

let server: FlipServer | undefined

const parent = connectToParent<ToFlipServer, FromFlipServer>(() => {})

parent.onMessage(async (message) => {
  if (message.do === 'stop') return parent.leave({ said: 'stopped' })
  if (message.do === 'listen') {
    const { clockBase, certificate } = message
    const secured =
      certificate === undefined ? undefined : { ...certificate, key: new Secret(certificate.key) }
    server = await FlipServer.start(new RunClock(BigInt(clockBase)), secured)
    return parent.tell({ said: 'listening', port: server.port, canary: server.canary })
  }
  if (server === undefined) throw new Error(`"${message.do}" came before "listen"`)
  const outages: TrueOutage[] = []
  for (const { good, bad, how } of message.phasesMs) {
    await sleep(good)
    const from = server.fail(how)
    await sleep(bad)
    outages.push({ from, until: server.mend() })
  }
  parent.tell({ said: 'flipped', outages })
})
