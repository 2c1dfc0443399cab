import { seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import type { Docker } from '../stack/docker.ts'
import { runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import { type AimedLink, eachPod, linkText } from './link-target.ts'

/**
 * A look at the network with the eyes of a pod: connections that a toolbox opens inside its
 * namespace. It says something that the other end has to answer, but nothing that it would act on.
 */
export type Dial = Address & {
  /** `nothing`: the connection alone is asked for. */
  readonly speaks: 'tls' | 'http' | 'nothing'
  /** How much it says before it listens; at most {@link MOST_SAID}. */
  readonly bytes?: number
  readonly waitMs?: number
  /** One after the other; the quickest of them is told. */
  readonly times?: number
}

export type Dialled = {
  /**
   * `answered`, `open` (nothing was asked), `unreached` (no connection in time), `silent` (no
   * answer in time), `refused`, `reset`, `closed` (without an answer), or the system's name.
   */
  readonly what: string
  /** From the first byte said to the first one heard. */
  readonly ms: number
}

/** A TLS server takes a first message of less than 64 KiB. */
export const MOST_SAID = 60_000
const WAIT_MS = 1000

/**
 * The TLS message is a ClientHello by its header only: the server reads all of it before it
 * answers with an alert, and gives no session to anybody.
 */
const SCRIPT = `
import errno, json, socket, struct, sys, threading, time
def said(d):
  n = d.get("bytes", 400)
  if d["speaks"] == "http":
    head = "POST / HTTP/1.1\\r\\nHost: drill\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % n
    return head.encode() + b"0" * n
  message = b"\\x01" + struct.pack(">I", n)[1:] + bytes(n)
  parts = [message[i:i + 16000] for i in range(0, len(message), 16000)]
  return b"".join(b"\\x16\\x03\\x01" + struct.pack(">H", len(p)) + p for p in parts)
def dial(d):
  phase, t = "unreached", time.monotonic()
  s = socket.socket()
  s.settimeout(d.get("waitMs", ${WAIT_MS}) / 1000)
  what = None
  try:
    s.connect((d["host"], d["port"]))
    if d["speaks"] == "nothing":
      what = "open"
    else:
      phase, t = "silent", time.monotonic()
      s.sendall(said(d))
      what = "answered" if s.recv(1) else "closed"
  except ConnectionRefusedError: what = "refused"
  except ConnectionResetError: what = "reset"
  except BrokenPipeError: what = "closed"
  except socket.timeout: what = phase
  except OSError as e: what = errno.errorcode.get(e.errno, str(e))
  ms = (time.monotonic() - t) * 1000
  s.close()
  return {"what": what, "ms": round(ms, 1)}
dials = json.loads(sys.argv[1])
found = [None] * len(dials)
def run(i):
  tries = [dial(dials[i]) for _ in range(dials[i].get("times", 1))]
  found[i] = min(tries, key=lambda each: each["ms"])
threads = [threading.Thread(target=run, args=(i,)) for i in range(len(dials))]
for t in threads: t.start()
for t in threads: t.join()
print(json.dumps(found))
`

/** All at once; what each came to, in their order. @throws {ToolFailed} */
export async function dialsFrom(
  { engine }: Docker,
  tools: ToolboxSpec,
  dials: readonly Dial[],
): Promise<readonly Dialled[]> {
  if (dials.length === 0) return []
  const script = `exec python3 -c '${SCRIPT}' '${JSON.stringify(dials)}'`
  return JSON.parse(await runTool(engine, tools, script, seconds(30))) as Dialled[]
}

export type Looked = Dialled & { readonly link: AimedLink }

/**
 * Looks through every one of these links, from the pods that own them; `past` them it dials
 * where they lead, which is what they are compared with.
 */
export async function lookThrough(
  docker: Docker,
  links: readonly AimedLink[],
  how: Omit<Dial, 'host' | 'port' | 'speaks'> & Partial<Pick<Dial, 'speaks'>> = {},
  way: 'through' | 'past' = 'through',
): Promise<readonly Looked[]> {
  const found: Looked[] = []
  await eachPod(links, async (tools, own) => {
    const dials = own.map(({ listen, upstream, speaks }) => {
      return { ...(way === 'through' ? listen : upstream), speaks, ...how }
    })
    const dialled = await dialsFrom(docker, tools, dials)
    found.push(...own.map((link, i) => ({ link, ...(dialled[i] as Dialled) })))
  })
  return found
}

/** What was seen of links that are not (all) as they should be, the first of them by name. */
export function oddOnes(looked: readonly Looked[], isSo: (one: Looked) => boolean): string {
  const odd = looked.filter((one) => !isSo(one))
  const [first] = odd
  if (first === undefined) return 'none'
  const more = odd.length === 1 ? '' : `, and ${odd.length - 1} more are not so`
  return `a dial of ${linkText(first.link)} from inside ${first.link.pod} was ${first.what} after ${first.ms} ms${more}`
}
