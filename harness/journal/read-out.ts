import type { ReadData, ReadEntry, ReadState } from './entry.ts'

/** One version of a register as a node has it. */
export type ReadVersion = {
  /** From the metadata; the value was not asked for. */
  readonly listed: 'live' | 'deleted' | 'destroyed'
  /** From a read of this version, if there was one. */
  readonly state?: ReadState
  readonly op?: string
  readonly intact?: boolean
  readonly why?: string
}

export type ReadRegister = {
  readonly state: ReadData['register']['state']
  /** Latest version; 0: none was ever written. */
  readonly current: number
  readonly versions: ReadonlyMap<number, ReadVersion>
  readonly why?: string
}

/** All registers on one node, read after everything was over. */
export type ReadOut = {
  readonly node: string
  /** Whether the reader said that it was through. */
  readonly ended: boolean
  readonly registers: ReadonlyMap<string, ReadRegister>
}

type Open = {
  readonly node: string
  ended: boolean
  readonly registers: Map<string, ReadRegister & { readonly versions: Map<number, ReadVersion> }>
}

export class ReadOutBuilder {
  readonly #nodes = new Map<string, Open>()

  add(entry: ReadEntry): void {
    if (entry.kind === 'register') this.#register(entry.data)
    else if (entry.kind === 'version') this.#version(entry.data)
    else if (entry.kind === 'registers.ended') this.#of(entry.data.node).ended = true
  }

  finish(): readonly ReadOut[] {
    return [...this.#nodes.values()]
  }

  #of(node: string): Open {
    const known = this.#nodes.get(node)
    if (known !== undefined) return known
    const open: Open = { node, ended: false, registers: new Map() }
    this.#nodes.set(node, open)
    return open
  }

  #register({ node, key, state, current, versions, why }: ReadData['register']): void {
    const listed = versions.map(({ version, deleted, destroyed }): [number, ReadVersion] => [
      version,
      { listed: destroyed === true ? 'destroyed' : deleted === true ? 'deleted' : 'live' },
    ])
    const open = this.#of(node)
    open.ended = false // a reader that begins again has to end again
    open.registers.set(key, {
      state,
      current,
      versions: new Map(listed),
      ...(why === undefined ? {} : { why }),
    })
  }

  /** A version that the metadata does not list is kept all the same: it is a finding. */
  #version({ node, key, version, state, op, intact, why }: ReadData['version']): void {
    const register = this.#of(node).registers.get(key)
    if (register === undefined) return // its line comes first, always
    register.versions.set(version, {
      listed: register.versions.get(version)?.listed ?? 'destroyed',
      state,
      ...(op === undefined ? {} : { op }),
      ...(intact === undefined ? {} : { intact }),
      ...(why === undefined ? {} : { why }),
    })
  }
}
