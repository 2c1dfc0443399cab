import type { Entry } from '../journal/entry.ts'
import type { Ns } from '../lib/clock.ts'

/** One fault as the journal tells it, from the plan to the residue check. */
export type FaultRecord = {
  readonly id: string
  readonly name: string
  readonly target: string
  readonly final: boolean
  /** Missing when the fault was planned but never brought about. */
  readonly issued?: Ns
  readonly proven?: Ns
  readonly witness?: string
  /** What was seen instead of the effect. */
  readonly unseen?: string
  /** Missing in journals of before it was recorded. */
  readonly healingAt?: Ns
  readonly healedAt?: Ns
  readonly residue: readonly string[]
  readonly stuck?: string
  /** What the fault is not; missing in journals of before it was recorded. */
  readonly cannotShow?: string
}

/** A fault that was brought about, with the bracket of the instant at which it took effect. */
export type InjectedFault = FaultRecord & { readonly issued: Ns; readonly proven: Ns }

export function faultsOf(entries: readonly Entry[]): readonly FaultRecord[] {
  const faults = new Map<string, FaultRecord>()
  for (const entry of entries) {
    if (!entry.kind.startsWith('fault.')) continue
    const event = entry.data as { fault: string; name: string; target: string }
    const known = faults.get(event.fault) ?? {
      id: event.fault,
      name: event.name,
      target: event.target,
      final: false,
      residue: [],
    }
    faults.set(event.fault, { ...known, ...whatHappened(entry) })
  }
  return [...faults.values()]
}

function whatHappened(entry: Entry): Partial<FaultRecord> {
  switch (entry.kind) {
    case 'fault.planned':
      return {
        final: entry.data.final,
        ...(entry.data.cannotShow === undefined ? {} : { cannotShow: entry.data.cannotShow }),
      }
    case 'fault.injected':
      return { issued: entry.data.issued, proven: entry.data.proven }
    case 'fault.witnessed':
      return { witness: entry.data.witness }
    case 'fault.unseen':
      return { unseen: entry.data.lastSeen }
    case 'fault.healed':
      return {
        healedAt: entry.t,
        residue: entry.data.residue,
        ...(entry.data.began === undefined ? {} : { healingAt: entry.data.began }),
      }
    case 'fault.stuck':
      return { stuck: entry.data.why }
    default:
      return {}
  }
}

/** In the order in which they were issued. */
export function injectedFaults(entries: readonly Entry[]): readonly InjectedFault[] {
  return faultsOf(entries)
    .filter((fault): fault is InjectedFault => fault.issued !== undefined)
    .sort((a, b) => a.issued - b.issued)
}

/**
 * Whether a fault with this target is on the node: named alone or in a list. One on something
 * else than nodes may concern them all.
 */
export function concerns(target: string, node: string, nodes: readonly string[]): boolean {
  const named = nodesNamed(target, nodes)
  return named === undefined || named.includes(node)
}

/** The nodes of `vault-1`, `vault-1,vault-2`, `vault-1|vault-2`, `vault-1->vault-2`. */
export function nodesNamed(
  target: string,
  nodes: readonly string[],
): readonly string[] | undefined {
  const named = target.split(/,|\||->/)
  return named.every((name) => nodes.includes(name)) ? named : undefined
}

/** From when on what the plan names may be the fault's doing: a wait may lie before it. */
export function effectiveFrom(entries: readonly Entry[], fault: string): Ns | undefined {
  const of = ({ kind, data }: Entry) =>
    kind.startsWith('fault.') && (data as { fault?: string }).fault === fault
  const injected = entries.find((entry) => entry.kind === 'fault.injected' && of(entry))
  if (injected?.kind === 'fault.injected') return injected.data.issued
  return entries.find((entry) => entry.kind === 'fault.planned' && of(entry))?.t
}

/**
 * The healings of faults as events of their own: `issued` when one began, `proven` when it was
 * done and looked for residue. A final fault is not healed.
 */
export function healings(entries: readonly Entry[]): readonly InjectedFault[] {
  return faultsOf(entries)
    .flatMap(({ name, healingAt, healedAt, final, ...fault }) =>
      final || healingAt === undefined || healedAt === undefined
        ? []
        : [
            {
              ...fault,
              name: `the healing of ${name}`,
              final,
              issued: healingAt,
              proven: healedAt,
            },
          ],
    )
    .sort((a, b) => a.issued - b.issued)
}

/** A fault as the verdict tells it. */
export type JudgedFault = {
  readonly id: string
  readonly name: string
  readonly target: string
  /** Nanoseconds of the run clock. */
  readonly issued: number | null
  readonly proven: number | null
  readonly witnessed: boolean
  readonly witness: string | null
  readonly final: boolean
  readonly healed: boolean
  readonly residue: readonly string[]
  /** What the fault is not, in the words of its kind; missing where the journal has none. */
  readonly cannotShow?: string
}

export function judgedFaults({
  entries,
}: {
  readonly entries: readonly Entry[]
}): readonly JudgedFault[] {
  return faultsOf(entries).map((fault) => ({
    id: fault.id,
    name: fault.name,
    target: fault.target,
    issued: fault.issued ?? null,
    proven: fault.proven ?? null,
    witnessed: fault.witness !== undefined,
    witness: fault.witness ?? null,
    final: fault.final,
    healed: fault.healedAt !== undefined,
    residue: fault.stuck === undefined ? fault.residue : [...fault.residue, fault.stuck],
    ...(fault.cannotShow === undefined ? {} : { cannotShow: fault.cannotShow }),
  }))
}
