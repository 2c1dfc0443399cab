import { list, logIn, read, write } from './calls.ts'
import { credentialsOf } from './credentials.ts'
import { given } from './given.ts'
import type { Turn } from './mix.ts'

/** Sends one request. */
export function request({ op, tenant }: Turn): void {
  const id = given.tenants[tenant] as string
  switch (op) {
    case 'read':
      read(id)
      break
    case 'write':
      write(id)
      break
    case 'list':
      list(id)
      break
    case 'login':
      logIn(id, credentialsOf(tenant))
      break
    default:
      throw new Error(`a mix cannot hold "${op}": what it deletes would be missing to the readers`)
  }
}
