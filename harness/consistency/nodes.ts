import type { ReadOut, ReadRegister } from '../journal/read-out.ts'
import type { RegisterOps } from './register.ts'
import type { Violation } from './violation.ts'

/** Whether the read-outs are whole, undamaged, and the same on every node. */
export type NodeFindings = {
  readonly violations: readonly Violation[]
  /** What was not read: nothing is known of it, so nothing may be claimed. */
  readonly gaps: readonly string[]
  readonly everyNodeAgrees: boolean
}

/** @param nodes that must have been read. */
export function compareNodes(
  registers: readonly RegisterOps[],
  readOuts: readonly ReadOut[],
  nodes: readonly string[] = [],
): NodeFindings {
  const violations: Violation[] = []
  const gaps: string[] = []
  if (readOuts.length === 0) gaps.push('nobody read the registers back')
  for (const node of nodes) {
    if (!readOuts.some((readOut) => readOut.node === node)) gaps.push(`${node}: was not read`)
  }
  for (const readOut of readOuts) {
    gaps.push(...gapsOf(registers, readOut))
    for (const { key } of registers) violations.push(...damageOf(key, readOut))
  }
  const differences = registers.flatMap(({ key }) => differencesOf(key, readOuts))
  violations.push(...differences)
  const everyNodeAgrees = readOuts.length > 0 && gaps.length === 0 && differences.length === 0
  return { violations, gaps, everyNodeAgrees }
}

/** One sentence per node and kind: a node that was not there would fill pages. */
function gapsOf(registers: readonly RegisterOps[], readOut: ReadOut): readonly string[] {
  const { node, ended } = readOut
  const missing: string[] = []
  const unreadable: string[] = []
  const versions: string[] = []
  for (const { key } of registers) {
    const register = readOut.registers.get(key)
    if (register === undefined) missing.push(key)
    else if (register.state === 'unreadable') {
      unreadable.push(register.why === undefined ? key : `${key} (${register.why})`)
    } else {
      for (const [version, { state, intact, why }] of register.versions) {
        if (state !== 'unreadable' || intact === false) continue
        versions.push(`${version} of ${key}${why === undefined ? '' : ` (${why})`}`)
      }
    }
  }
  const first = (what: string, list: readonly string[]) =>
    list.length === 0 ? [] : [`${node}: ${list.length} ${what}, the first is ${list[0]}`]
  return [
    ...(ended ? [] : [`${node}: its reader did not come to the end`]),
    ...first('registers were not read', missing),
    ...first('registers could not be read', unreadable),
    ...first('versions could not be read', versions),
  ]
}

function damageOf(key: string, { node, registers }: ReadOut): readonly Violation[] {
  const violations: Violation[] = []
  const damaged = (version: number, what: string): void => {
    const because = `version ${version} on ${node} ${what}`
    violations.push({ rule: 'C', name: 'corrupt-value', key, ops: [], because })
  }
  for (const [version, { listed, state, intact, why }] of registers.get(key)?.versions ?? []) {
    if (intact === false) damaged(version, `is not intact: ${why ?? 'no reason was given'}`)
    else if (state === 'absent' && listed === 'live') damaged(version, 'is listed and has no value')
  }
  return violations
}

/** Each node is held against the first that could be read. */
function differencesOf(key: string, readOuts: readonly ReadOut[]): readonly Violation[] {
  let first: { readonly node: string; readonly register: ReadRegister } | undefined
  const violations: Violation[] = []
  for (const { node, registers } of readOuts) {
    const register = registers.get(key)
    if (register === undefined || register.state === 'unreadable') continue
    if (first === undefined) {
      first = { node, register }
      continue
    }
    const difference = differenceOf(first.register, register)
    if (difference === undefined) continue
    const [here, there] = difference
    const because = `${first.node} has ${here}, ${node} has ${there}`
    violations.push({ rule: 'N', name: 'nodes-differ', key, ops: [], because })
  }
  return violations
}

function differenceOf(
  a: ReadRegister,
  b: ReadRegister,
): readonly [a: string, b: string] | undefined {
  if (a.current !== b.current) return [`version ${a.current}`, `version ${b.current}`]
  for (const [version, here] of a.versions) {
    const there = b.versions.get(version)
    if (here === there) continue
    const name = `version ${version}`
    if (here.listed !== there?.listed) {
      return [`${name} ${here.listed}`, `it ${there?.listed ?? 'not at all'}`]
    }
    // Not every value is asked for on every node.
    if (here.op === undefined || there.op === undefined || here.op === there.op) continue
    return [`${name} with the value ${here.op}`, `it with ${there.op}`]
  }
  for (const [version, { listed }] of b.versions) {
    if (!a.versions.has(version)) return [`version ${version} not at all`, `it ${listed}`]
  }
  return undefined
}
