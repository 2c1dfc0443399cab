import { minutes } from '../lib/duration.ts'
import { removeToolbox, runTool, type ToolboxSpec, toolbox } from '../stack/toolbox.ts'
import type { AuditFiles } from '../vault/configuration.ts'
import type { Ground, Holdings } from './ground.ts'
import type { ClusterNeeds } from './needs.ts'

/** The volumes of a node, what holds them mounted, and where its audit entries go. */

/** In the server's container, whatever image it came from. */
export const AUDIT_FOLDER = '/drill/audit'
export const AUDIT_FILE = `${AUDIT_FOLDER}/audit.log`
const AUDIT_PIPE = `${AUDIT_FOLDER}/pipe`
/** Never on a volume: what happens to the first device's must not happen to the second's. */
export const SECOND_AUDIT_FOLDER = '/drill/audit-second'

/**
 * Room for some minutes: the leader of a probed cluster writes about a MiB of entries a second,
 * and must not fill the volume before the fault does.
 */
const AUDIT_MIB = 256

/** As a toolbox sees the volumes. */
export type DiskOf = {
  readonly name: string
  readonly volume: string
  readonly auditVolume?: string | undefined
}

const isPiped = ({ audit }: ClusterNeeds): boolean => audit === 'piped' || audit === 'piped-two'

/** The file devices by name; the entries of a piped one end up in {@link AUDIT_FILE} too. */
export const auditFilesOf = (needs: ClusterNeeds): AuditFiles => ({
  file: isPiped(needs) ? AUDIT_PIPE : AUDIT_FILE,
  ...(needs.audit === 'two' || needs.audit === 'piped-two'
    ? { second: `${SECOND_AUDIT_FOLDER}/audit.log` }
    : {}),
})

/** Empty volumes; those that lie in memory are held for as long as the cluster lives. */
export async function makeDisks(
  { docker: { engine } }: Ground,
  holdings: Holdings,
  name: string,
  needs: ClusterNeeds,
): Promise<Omit<DiskOf, 'name'>> {
  const { dataMiB, audit } = needs
  const volume = await holdings.volume(`${name}-data`, { mib: dataMiB })
  if (dataMiB !== undefined) await toolbox(engine, diskTools(holdings, { name, volume }))
  if (audit === undefined) return { volume }
  const auditVolume = await holdings.volume(`${name}-audit`, { mib: AUDIT_MIB })
  const tools = auditToolsWith(holdings, name, auditVolume)
  await toolbox(engine, tools)
  if (isPiped(needs)) await runTool(engine, tools, START_READER)
  return { volume, auditVolume }
}

/** Where the disk of a machine is that somebody else has the place of. */
export const keptVolume = ({ prefix }: Holdings, name: string): string => `${prefix}-${kept(name)}`

const kept = (name: string): string => `${name}-kept`

/** Keeps what the disk of a stopped server has, whatever becomes of the disk itself. */
export async function keepDisk(
  { docker: { engine } }: Ground,
  holdings: Holdings,
  { name, volume }: DiskOf,
): Promise<void> {
  const keeping = await holdings.volume(kept(name))
  const tools = holdings.toolbox(`${name}-kept`, {
    volumes: { [volume]: '/data', [keeping]: '/kept' },
  })
  await runTool(engine, tools, 'cp -a /data/. /kept/ && diff -r /data /kept && sync', minutes(1))
  await removeToolbox(engine, tools) // it would hold both
}

/** A shell with the node's disk at `/data`. */
export const diskTools = (holdings: Holdings, { name, volume }: DiskOf): ToolboxSpec =>
  holdings.toolbox(`${name}-disk`, { volumes: { [volume]: '/data' } })

/** A shell with the volume of its audit file at `/audit`; `undefined` where it has none. */
export const auditTools = (
  holdings: Holdings,
  { name, auditVolume }: DiskOf,
): ToolboxSpec | undefined =>
  auditVolume === undefined ? undefined : auditToolsWith(holdings, name, auditVolume)

const auditToolsWith = (holdings: Holdings, name: string, volume: string): ToolboxSpec =>
  holdings.toolbox(`${name}-audit`, { volumes: { [volume]: '/audit' } })

/**
 * Copies the pipe into the audit file. What stands in `.pace` holds it up: 0 stops it, any other
 * number is KiB a second. It keeps the pipe open for writing as well, so that it outlives the
 * server, and makes it as small as the kernel lets it: what fits is accepted without a reader.
 */
const READER = `
import fcntl, os, time
os.chdir("/audit")
pipe = os.open("pipe", os.O_RDWR)
fcntl.fcntl(pipe, 1031, 4096)
log = os.open("audit.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
def pace():
    try:
        return float(open(".pace").read())
    except (FileNotFoundError, ValueError):
        return None
while True:
    piece = os.read(pipe, 1024 if pace() else 65536)
    while pace() == 0:
        time.sleep(0.02)
    os.write(log, piece)
    now = pace() # read once: healing may take the file away at any instant
    if now:
        time.sleep(len(piece) / 1024 / now)
`

const START_READER = `set -e
[ -p /audit/pipe ] && exit 0
mkfifo -m 600 /audit/pipe
cat > /audit/.reader.py <<'END'
${READER}
END
setsid python3 /audit/.reader.py > /audit/.reader.log 2>&1 < /dev/null &
`
