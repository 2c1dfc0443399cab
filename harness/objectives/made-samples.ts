import type { LaneInfo, WriteData } from '../journal/entry.ts'
import type { Ns } from '../lib/clock.ts'
import { FAULT_PROVEN_MS, type MadeOutage, type MadeRun, ns, READ_BACK_MS } from './made-record.ts'

/** One answer per slot; in an outage a bad one, or a late one where the outage ends in time. */
export function addSamples(run: MadeRun, info: LaneInfo, outages: readonly MadeOutage[]): void {
  for (let slot = 0; ; slot++) {
    const intendedMs = 450 + slot * info.intervalMs
    if (intendedMs >= READ_BACK_MS) return
    const callMs = intendedMs + 0.4
    const sample = { lane: info.lane, slot, intended: ns(intendedMs), call: ns(callMs) }
    if (info.kind === 'health') {
      const data = { ...sample, ...healthAnswer(info.target, callMs) }
      run.probes.push({ t: data.ret, kind: 'sample', data })
      continue
    }
    const outage = outages.find(({ fromMs, toMs }) => callMs + 2 >= fromMs && callMs < toMs)
    const hangsMs = Math.min(1000, (outage?.toMs ?? 0) - callMs)
    const answer =
      outage === undefined || (outage.how === 'hung' && hangsMs < 1000)
        ? { ret: ns(callMs + (outage === undefined ? 3 : hangsMs + 3)), ok: true, status: 200 }
        : outage.how === 'hung'
          ? { ret: ns(callMs + 1000), ok: false, why: 'no answer within 1000 ms' }
          : { ret: ns(callMs + 1), ok: false, status: 503, why: 'no server available' }
    const n = info.kind === 'write' ? { n: slot + 1 } : {}
    run.probes.push({ t: answer.ret, kind: 'sample', data: { ...sample, ...answer, ...n } })
    if (info.kind === 'write') addWrite(run, slot + 1, sample.call, answer)
  }
}

function healthAnswer(
  node: string,
  callMs: number,
): { ret: Ns; ok: boolean; status?: number; why?: string } {
  const ret = ns(callMs + 1.5)
  if (node === 'vault-1' && callMs >= FAULT_PROVEN_MS && callMs < 11_500) {
    return { ret, ok: false, why: 'ECONNREFUSED' }
  }
  const leads = callMs < FAULT_PROVEN_MS ? node === 'vault-1' : callMs >= 7450 && node === 'vault-3'
  return { ret, ok: true, status: leads ? 200 : 429 }
}

function addWrite(
  run: MadeRun,
  n: number,
  call: Ns,
  answer: { readonly ret: Ns; readonly ok: boolean; readonly status?: number },
): void {
  const path = `secret/data/rpo/t0/s0/${n}`
  run.writes.push({
    t: call - 1000,
    kind: 'sent',
    data: { n, path, hash: `sha256:${n}`, via: 'balancer' },
  })
  const { ret, ok, status } = answer
  const data: WriteData['answer'] = ok
    ? { n, outcome: 'acknowledged', version: 1, status: 200, call, ret }
    : status === undefined
      ? { n, outcome: 'unknown', why: 'no answer within 1000 ms', call, ret }
      : { n, outcome: 'refused', status, why: 'no server available', call, ret }
  run.writes.push({ t: ret, kind: 'answer', data })
}
