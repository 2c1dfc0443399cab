import type { Docker } from '../stack/docker.ts'
import { runTool, type ToolboxSpec } from '../stack/toolbox.ts'

/**
 * A node's data file, `vault.db`, read and damaged from outside: a B+ tree of bbolt's, in pages,
 * whose bucket `data` holds what the barrier has encrypted. The two first pages each hold a root;
 * the one with the higher transaction counts.
 */

/** Where a toolbox finds it. */
export const DATA_FILE = '/data/vault.db'

/** One version of a secret, as the disk has it: nothing overwrites it. */
export type StoredEntry = { readonly key: string; readonly sha256: string }

/** Versions of secrets in the file, from a fraction of the way on; of a running server too. */
export async function entriesOf(
  docker: Docker,
  disk: ToolboxSpec,
  { fraction, count }: { readonly fraction: number; readonly count: number },
): Promise<readonly StoredEntry[]> {
  return ask<readonly StoredEntry[]>(docker, disk, 'pick', String(fraction), String(count))
}

/** What stands there now under these keys; `''` where there is none. */
export async function readEntries(
  docker: Docker,
  disk: ToolboxSpec,
  keys: readonly string[],
): Promise<readonly StoredEntry[]> {
  return ask<readonly StoredEntry[]>(docker, disk, 'read', ...keys)
}

/** Flips one bit in the middle of each value, in place. Nobody may have the file open. */
export async function flipEntries(
  docker: Docker,
  disk: ToolboxSpec,
  keys: readonly string[],
): Promise<void> {
  await ask(docker, disk, 'flip', ...keys)
}

/** Flips one bit in the magic number of both first pages. */
export async function flipHeaders(docker: Docker, disk: ToolboxSpec): Promise<void> {
  await ask(docker, disk, 'behead')
}

export type FileFacts = {
  readonly bytes: number
  /** Up to the last page that ever held something: the file grows ahead of what is in it. */
  readonly used: number
  /** Whether one of its first pages says that it is bbolt's. */
  readonly valid: boolean
}

export async function factsOf(docker: Docker, disk: ToolboxSpec): Promise<FileFacts> {
  return ask<FileFacts>(docker, disk, 'facts')
}

async function ask<T>(
  { engine }: Docker,
  disk: ToolboxSpec,
  verb: string,
  ...words: readonly string[]
): Promise<T> {
  const quoted = words.map((word) => `'${word.replaceAll("'", '')}'`).join(' ')
  const said = await runTool(
    engine,
    disk,
    `python3 - ${DATA_FILE} ${verb} ${quoted} <<'END'\n${WALKER}END`,
  )
  return JSON.parse(said)
}

const WALKER = `import hashlib, json, mmap, os, struct, sys, time
path, verb, *words = sys.argv[1:]
MAGIC = 0xED0CDAED
BRANCH, LEAF, BUCKET = 1, 2, 1

def roots(data):
    size = struct.unpack_from("<I", data, 24)[0]
    for at in (0, size):
        magic, _, size, _, root = struct.unpack_from("<IIIIQ", data, at + 16)
        pages, txid = struct.unpack_from("<QQ", data, at + 56)
        if magic == MAGIC:
            yield txid, root, size, pages

def leaves(data, page, size, at=None):
    at = page * size if at is None else at
    _, flags, count, _ = struct.unpack_from("<QHHI", data, at)
    for i in range(count):
        element = at + 16 + 16 * i
        if flags & BRANCH:
            yield from leaves(data, struct.unpack_from("<IIQ", data, element)[2], size)
        elif flags & LEAF:
            kind, pos, keys, values = struct.unpack_from("<IIII", data, element)
            key = element + pos
            yield kind, data[key:key + keys], key + keys, values
        else:
            raise ValueError("page %d is neither branch nor leaf" % page)

def entries(data):
    _, root, size, _ = max(roots(data))
    for kind, name, at, length in leaves(data, root, size):
        if kind == BUCKET and name == b"data":
            inner = struct.unpack_from("<Q", data, at)[0]
            inline = at + 16 if inner == 0 else None
            for _, key, value, length in leaves(data, inner, size, inline):
                yield key.decode(), value, length

def told(data, key, at, length):
    return {"key": key, "sha256": hashlib.sha256(data[at:at + length]).hexdigest()}

def versions(data):
    return [e for e in entries(data) if e[0].startswith("logical/") and "/versions/" in e[0]]

def pick(data, fraction, count):
    found = versions(data)
    first = int(float(fraction) * len(found))
    chosen = [found[(first + i) % len(found)] for i in range(min(int(count), len(found)))]
    return [told(data, *each) for each in chosen]

def read(data, *keys):
    found = {key: told(data, key, *rest) for key, *rest in entries(data) if key in keys}
    return [found.get(key, {"key": key, "sha256": ""}) for key in keys]

def flip(data, *keys):
    for key, at, length in list(entries(data)):
        if key in keys:
            data[at + length // 2] ^= 1
    return True

def behead(data):
    size = max(roots(data))[2]
    for at in (0, size):
        data[at + 16] ^= 1
    return True

def facts(data):
    try:
        found = list(roots(data))
    except struct.error:
        found = []
    used = max([size * pages for _, _, size, pages in found], default=0)
    return {"bytes": len(data), "used": used, "valid": found != []}

verbs = {"pick": pick, "read": read, "flip": flip, "behead": behead, "facts": facts}
writes = verb in ("flip", "behead")
for attempt in range(5):
    try:
        with open(path, "r+b" if writes else "rb") as file:
            access = mmap.ACCESS_WRITE if writes else mmap.ACCESS_READ
            data = mmap.mmap(file.fileno(), 0, access=access)
            said = verbs[verb](data, *words)
            if writes:
                data.flush()
                os.fsync(file.fileno())
        break
    except (ValueError, UnicodeDecodeError, OverflowError, IndexError, struct.error, RecursionError):
        # A running server may have used a page again while we were on our way to it.
        if writes or attempt == 4:
            raise
        time.sleep(0.1)
print(json.dumps(said))
`
