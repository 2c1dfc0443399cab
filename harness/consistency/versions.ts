import type { Op } from '../journal/history.ts'
import type { ReadRegister } from '../journal/read-out.ts'
import { casViolations } from './cas.ts'
import { mayDelete, ownerIn, type RegisterOps } from './register.ts'
import type { Violation, ViolationName } from './violation.ts'

/**
 * Checker A: a register whose every change makes the next version. What each version holds is
 * known from the read-out, so no order has to be guessed: each operation belongs to the version
 * that it wrote or read, and the rules say when the versions cannot have come one after another.
 * @see docs/decisions/two-checkers.md
 */
export type VersionFindings = {
  readonly violations: readonly Violation[]
  /**
   * Whether no finding means linearizable: no deletes, and every version has a known owner.
   * Otherwise the rules are necessary only, and the search must decide.
   */
  readonly isExact: boolean
}

/** An operation at the version that it wrote or read. */
export type Member = { readonly op: Op; readonly version: number }

/** O(n log n) in the operations on the register. */
export function checkVersions(register: RegisterOps, final: ReadRegister): VersionFindings {
  return new VersionRules(register, final).check()
}

class VersionRules {
  readonly #key: string
  readonly #ops: readonly Op[]
  readonly #final: ReadRegister
  readonly #violations: Violation[] = []
  readonly #writes = new Map<string, Op>()
  readonly #acknowledged = new Map<number, Op>()
  readonly #owners = new Map<number, Op>()
  /** Versions of unknown writes: from the read-out, else from a read. */
  readonly #resolved = new Map<Op, number>()
  readonly #mayDelete: boolean
  #unowned = 0

  constructor({ key, ops }: RegisterOps, final: ReadRegister) {
    this.#key = key
    this.#ops = ops
    this.#final = final
    this.#mayDelete = ops.some(mayDelete)
  }

  check(): VersionFindings {
    this.#collectWrites()
    this.#holdAgainstReadOut()
    const members = this.#members()
    this.#order(members)
    this.#violations.push(...casViolations(this.#key, this.#ops, members, this.#final.current))
    return { violations: this.#violations, isExact: this.#unowned === 0 && !this.#mayDelete }
  }

  #collectWrites(): void {
    for (const op of this.#ops) {
      if (op.f !== 'write') continue
      if (op.op !== undefined) this.#writes.set(op.op, op)
      const version = versionOf(op)
      if (version === undefined) continue
      const other = this.#acknowledged.get(version)
      if (other === undefined) this.#acknowledged.set(version, op)
      else this.#say('A1', 'duplicate-version', [other, op], `both made version ${version}`)
    }
  }

  /** A1 and A5: every version has one owner, and every acknowledged one is there. */
  #holdAgainstReadOut(): void {
    const { current, versions } = this.#final
    for (let version = 1; version <= current; version++) {
      const listed = versions.get(version)
      const acknowledged = this.#acknowledged.get(version)
      if (listed === undefined || listed.listed === 'destroyed') {
        const what = listed === undefined ? 'is not listed' : 'is destroyed'
        this.#say('A1', 'version-gap', [], `version ${version} of ${current} ${what}`)
        if (acknowledged !== undefined) this.#lost(acknowledged, version, what)
      } else if (listed.listed === 'deleted' && !this.#mayDelete) {
        const because = `version ${version} is deleted, and nobody deletes here`
        this.#say('R', 'deleted-by-nobody', [], because)
      }
      this.#own(version, acknowledged)
    }
    for (const version of versions.keys()) {
      if (version >= 1 && version <= current) continue
      const because = `version ${version} is listed and the latest is ${current}`
      this.#say('A1', 'foreign-version', [], because)
    }
    for (const [version, op] of this.#acknowledged) {
      if (version >= 1 && version <= current) continue
      this.#lost(op, version, `is not there, the latest is ${current}`)
      this.#owners.set(version, op)
    }
    const open = this.#ops.filter((op) => isUnknownWrite(op) && !this.#resolved.has(op)).length
    if (this.#unowned > open) {
      const because = `${this.#unowned} versions have no owner, and only ${open} writes are without an answer`
      this.#say('A1', 'foreign-version', [], because)
    }
  }

  #own(version: number, acknowledged: Op | undefined): void {
    const id = ownerIn(this.#final, version)
    if (id === undefined) {
      if (acknowledged !== undefined) this.#owners.set(version, acknowledged)
      else if (this.#final.versions.has(version)) this.#unowned++
      return
    }
    const owner = this.#writer(id, undefined, `version ${version}`)
    const at = owner === undefined ? undefined : versionOf(owner)
    if (acknowledged !== undefined && acknowledged !== owner && at !== version) {
      const whose = owner === undefined ? id : `operation ${owner.i}`
      this.#lost(acknowledged, version, `holds the value of ${whose}`)
    }
    if (owner === undefined) return
    this.#owners.set(version, owner)
    const earlier = this.#resolved.get(owner)
    if (earlier !== undefined) {
      const because = `its value is version ${earlier} and version ${version}`
      this.#say('A1', 'duplicate-apply', [owner], because)
      return
    }
    this.#resolved.set(owner, version)
    if (at !== undefined && at !== version) {
      const because = `acknowledged as version ${at} and found at version ${version}`
      this.#say('A1', 'wrong-version', [owner], because)
    }
  }

  /** Every operation that shows a version; reads are held against the version's owner. */
  #members(): readonly Member[] {
    const members: Member[] = []
    const unowned = this.#unowned > 0
    for (const op of this.#ops) {
      if (op.f === 'write') continue
      if (op.f !== 'read' || op.out.t !== 'ack') continue
      const { ver = 0, val, deleted } = op.out
      members.push({ op, version: ver })
      if (deleted === true && !this.#mayDelete) {
        const because = `it found version ${ver} deleted, and nobody deletes here`
        this.#say('R', 'deleted-by-nobody', [op], because)
      } else if (deleted === true && ver > this.#final.current && !this.#owners.has(ver)) {
        this.#observedAndLost(op, ver)
      }
      if (typeof val === 'string') this.#readValue(op, ver, val, unowned)
    }
    for (const op of this.#ops) {
      if (op.f !== 'write') continue
      const version = versionOf(op) ?? (isUnknownWrite(op) ? this.#resolved.get(op) : undefined)
      if (version !== undefined) members.push({ op, version })
    }
    return members
  }

  #readValue(read: Op, version: number, id: string, canAdopt: boolean): void {
    const writer = this.#writer(id, read, `version ${version} as it read it`)
    if (writer === undefined) return
    const owner = this.#owners.get(version)
    if (owner === undefined) {
      if (version > this.#final.current || !canAdopt) {
        this.#observedAndLost(read, version)
        return
      }
      // Nobody could read the value any more, so this read tells whose it was.
      const elsewhere = versionOf(writer) ?? this.#resolved.get(writer)
      if (elsewhere !== undefined && elsewhere !== version) {
        const because = `its value was read as version ${version} and is version ${elsewhere}`
        this.#say('A1', 'wrong-version', [writer, read], because)
        return
      }
      this.#owners.set(version, writer)
      this.#resolved.set(writer, version)
    } else if (owner !== writer) {
      const because = `version ${version} was read with the value of operation ${writer.i} and is of operation ${owner.i}`
      this.#say('A1', 'duplicate-version', [owner, writer, read], because)
    } else if (read.ret < owner.call) {
      const because = `it read version ${version} before the write of it, ${owner.i}, was sent`
      this.#say('A3', 'future-read', [read, owner], because)
    }
  }

  /** The write that a value names, if one can have put it there. */
  #writer(id: string, read: Op | undefined, where: string): Op | undefined {
    const writer = this.#writes.get(id)
    const seenBy = read === undefined ? [] : [read]
    if (writer === undefined) {
      this.#say('A1', 'foreign-value', seenBy, `${where} has the value ${id}, which nobody wrote`)
      return undefined
    }
    const { t } = writer.out
    if (t === 'refused' || t === 'casfail') {
      const because = `${where} has the value of operation ${writer.i}, which was refused`
      this.#say('A5', 'refused-write-visible', [writer, ...seenBy], because)
      return undefined
    }
    return writer
  }

  /** A2: what was known before an operation began is not newer than what it wrote or read. */
  #order(members: readonly Member[]): void {
    const byReturn = [...members].sort((a, b) => a.op.ret - b.op.ret)
    const byCall = [...members].sort((a, b) => a.op.call - b.op.call)
    let newest: Member | undefined
    let next = 0
    for (const { op, version } of byCall) {
      for (; ; next++) {
        const ended = byReturn[next]
        if (ended === undefined || ended.op.ret >= op.call) break
        if (newest === undefined || ended.version > newest.version) newest = ended
      }
      if (newest === undefined || newest.version <= version) continue
      const known = `version ${newest.version} was known from operation ${newest.op.i} before it began`
      if (op.f === 'read') {
        this.#say('A2', 'stale-read', [newest.op, op], `it read version ${version}; ${known}`)
      } else {
        this.#say('A2', 'version-order', [newest.op, op], `it made version ${version}; ${known}`)
      }
    }
  }

  #lost(op: Op, version: number, what: string): void {
    const because = `acknowledged as version ${version}, which ${what}`
    this.#say('A5', 'lost-acknowledged-write', [op], because)
  }

  #observedAndLost(read: Op, version: number): void {
    const because = `it read version ${version}, which is not in the read-out`
    this.#say('A5', 'observed-write-lost', [read], because)
  }

  #say(
    rule: Violation['rule'],
    name: ViolationName,
    shownBy: readonly Op[],
    because: string,
  ): void {
    const about = shownBy.at(-1)
    const subject = about === undefined ? '' : `operation ${about.i}: `
    const ops = shownBy.map(({ i }) => i)
    this.#violations.push({ rule, name, key: this.#key, ops, because: `${subject}${because}` })
  }
}

/** Of an acknowledged write. */
export function versionOf({ f, out }: Op): number | undefined {
  return f === 'write' && out.t === 'ack' ? out.ver : undefined
}

/** Without a version an acknowledgement does not tell what it made. */
export function isUnknownWrite(op: Op): boolean {
  return (
    op.f === 'write' && (op.out.t === 'unknown' || (op.out.t === 'ack' && op.out.ver === undefined))
  )
}
