import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { minutes } from '../lib/duration.ts'
import { runTool } from '../stack/toolbox.ts'
import { moreWritesFlow } from './real-damage.ts'

/** A node's data folder as `tar.gz`, in base64: it leaves the disk's toolbox, which goes with it. */
export type LiveCopy = { readonly text: string }

const FILE = 'vault.db'
const PAGE = 4096
const COPY = '/tmp/live-copy'

/**
 * The data folder of a server that runs and writes, file after file and page after page, as `cp`
 * reads it. A large file takes seconds, and a test has none: so the database is copied in two
 * halves with a second in between.
 */
export async function copyLive(cluster: Cluster, node: Node): Promise<LiveCopy> {
  const script = (text: string) =>
    runTool(cluster.docker.engine, cluster.diskTools(node), `set -e; cd /data; ${text}`, minutes(1))
  const pages = Number(await script(`stat -c %s ${FILE}`)) / PAGE
  const half = Math.floor(pages / 2)
  await script(`rm -rf ${COPY}; mkdir ${COPY}; ${pagesOf(0, half)}`)
  await moreWritesFlow(1000)
  await script(`${pagesOf(half, pages - half)}; cp -a raft ${COPY}/`)
  return { text: (await script(`tar -czf - -C ${COPY} . | base64 -w 0`)).trim() }
}

const pagesOf = (from: number, count: number): string =>
  `dd if=${FILE} of=${COPY}/${FILE} bs=${PAGE} skip=${from} seek=${from} count=${count} conv=notrunc status=none`

/** In place of what is on the disk of a node; its server is stopped for it and stays so. */
export async function putLiveCopy(cluster: Cluster, node: Node, { text }: LiveCopy): Promise<void> {
  await node.stop()
  const { engine } = cluster.docker
  const disk = cluster.diskTools(node)
  const packed = `${COPY}.tar.gz.base64`
  await runTool(engine, disk, `rm -f ${packed}`)
  for (let at = 0; at < text.length; at += PIECE) {
    await runTool(engine, disk, `printf %s '${text.slice(at, at + PIECE)}' >> ${packed}`)
  }
  await runTool(
    engine,
    disk,
    `set -e; find /data -mindepth 1 -delete; base64 -d ${packed} | tar -xzf - -C /data`,
    minutes(1),
  )
}

/** Of one argument the kernel takes 128 KiB. */
const PIECE = 96 * 1024
