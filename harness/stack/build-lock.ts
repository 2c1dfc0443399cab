import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Lets one process of this host at a time do `body` for a key. The lock is a listening socket
 * in Linux's abstract namespace: it ends with its process however that dies, so there is no
 * stale lock to judge. Elsewhere there is no lock; a build made twice gives the same image.
 */
export async function withBuildLock<T>(
  key: string,
  body: () => Promise<T>,
  { signal, onWait }: { signal?: AbortSignal | undefined; onWait?: () => void } = {},
): Promise<T> {
  if (process.platform !== 'linux') return body()
  const path = `\0vault-drill/build/${key}`
  let lock = await tryListen(path)
  if (lock === undefined) onWait?.()
  while (lock === undefined) {
    await holderGone(path, signal)
    signal?.throwIfAborted()
    lock = await tryListen(path)
  }
  try {
    return await body()
  } finally {
    lock.close()
  }
}

type Lock = { readonly close: () => void }

function tryListen(path: string): Promise<Lock | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>()
    const server = createServer((socket) => {
      waiting.add(socket)
      socket.on('error', () => {}) // one who waits may give up
      socket.once('close', () => waiting.delete(socket))
      socket.unref()
      socket.resume()
    })
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(path, () => {
      server.unref()
      resolve({
        close: () => {
          server.close()
          for (const socket of waiting) socket.destroy()
        },
      })
    })
  })
}

async function holderGone(path: string, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(path)
    const leave = () => socket.destroy()
    signal?.addEventListener('abort', leave, { once: true })
    socket.on('error', () => {}) // the holder is gone already: `close` follows
    socket.once('close', () => {
      signal?.removeEventListener('abort', leave)
      resolve()
    })
    socket.resume()
  })
  // All who waited wake at once; a moment keeps the losers from spinning.
  await sleep(50)
}
