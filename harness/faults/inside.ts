import type { Cluster } from '../cluster/cluster.ts'
import { runTool } from '../stack/toolbox.ts'

/** What a program in a pod sees: names by its hosts file, connections from its namespace. */

/** A name as a program in the pod resolves it, and what becomes of a connection to it. */
export type SeenInside = {
  readonly name: string
  /** Addresses, or nothing when it does not resolve. */
  readonly addresses: readonly string[]
  /** `open`, or why there is none: `ECONNREFUSED`, `timed out`, `Name or service not known`. */
  readonly dialled: string
}

const DIAL = `
import errno, json, socket, sys
seen = []
for name, port in json.loads(sys.argv[1]):
    addresses, dialled = [], ""
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        addresses = sorted({each[4][0] for each in found})
        socket.create_connection((name, port), 2).close()
        dialled = "open"
    except socket.gaierror as error:
        dialled = error.strerror
    except OSError as error:
        dialled = errno.errorcode.get(error.errno, str(error))
    seen.append({"name": name, "addresses": addresses, "dialled": dialled})
print(json.dumps(seen))
`

/** Resolves and dials these names from within the pod. @throws {ToolFailed} */
export async function seenInside(
  cluster: Cluster,
  pod: string,
  wanted: readonly (readonly [name: string, port: number])[],
): Promise<readonly SeenInside[]> {
  const script = `python3 -c ${quoted(DIAL)} ${quoted(JSON.stringify(wanted))}`
  return JSON.parse(await runTool(cluster.docker.engine, cluster.toolbox(pod), script))
}

/** One word of a shell script, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
