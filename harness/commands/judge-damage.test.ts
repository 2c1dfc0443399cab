import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeFixture } from '../../fixtures/journals/make.ts'
import { ChainWriter } from '../journal/chain.ts'
import { RunClock } from '../lib/clock.ts'
import { madeLoad } from '../objectives/made-load.ts'
import { madeRun } from '../objectives/made-record.ts'
import { judge } from './judge.ts'

/** Whatever somebody did to the files of a run: one sentence that names it, and the exit code. */

let made: string
let good: string
let other: string
beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'judge-damage-'))
  const intervalMs = 200 // a short record, read a hundred times
  good = await makeFixture(made, 'good', madeRun({ intervalMs }))
  other = await makeFixture(
    made,
    'other',
    madeRun({ intervalMs, frozen: { seed: '81aa' }, outages: [] }),
  )
})
afterAll(() => rmSync(made, { recursive: true }))

let root: string
let run: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'judge-damage-'))
  run = join(root, 'run')
  cpSync(good, run, { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const judged = async (directory = run) => {
  const lines: string[] = []
  const code = await judge({ run: directory, print: (line) => lines.push(line) })
  const said = lines.join('\n')
  expect(said).not.toMatch(/\n\s+at |undefined|\[object/)
  return { code, said }
}

const file = (name: string): string => join(run, 'leader-crash', name)
const linesOf = (name: string): string[] => readFileSync(file(name), 'utf8').trimEnd().split('\n')
const rewrite = (name: string, change: (lines: string[]) => string[]): void =>
  writeFileSync(file(name), `${change(linesOf(name)).join('\n')}\n`)
const inRun = (change: (run: Record<string, unknown>) => void): void => {
  const path = join(run, 'run.json')
  const content = JSON.parse(readFileSync(path, 'utf8'))
  change(content)
  writeFileSync(path, JSON.stringify(content))
}
const inVerdict = (change: (verdict: Record<string, unknown>) => void): void => {
  const content = JSON.parse(readFileSync(file('verdict.json'), 'utf8'))
  change(content)
  writeFileSync(file('verdict.json'), JSON.stringify(content))
}

describe('the samples of a load', () => {
  const SAMPLES = 'k6/samples.json.gz'
  let loaded: string
  beforeAll(async () => {
    const made = madeRun({ intervalMs: 200 })
    made.loads.push(madeLoad({ toMs: 3000 }))
    loaded = await makeFixture(mkdtempSync(join(tmpdir(), 'judge-load-')), 'loaded', made)
  })
  afterAll(() => rmSync(join(loaded, '..'), { recursive: true }))
  beforeEach(() => {
    rmSync(run, { recursive: true })
    cpSync(loaded, run, { recursive: true })
  })

  test('are part of the evidence', async () => {
    expect((await judged()).code).toBe(0)
  })

  test.each<[string, () => void, string]>([
    [
      'are cut off',
      () => truncateSync(file(SAMPLES), 4000),
      'k6/samples.json.gz: is not the file whose hash the journal recorded',
    ],
    [
      'are others',
      () => writeFileSync(file(SAMPLES), gzipSync('')),
      'k6/samples.json.gz: is not the file whose hash the journal recorded',
    ],
    [
      'are missing',
      () => rmSync(file('k6'), { recursive: true }),
      'k6/samples.json.gz: is missing, but the journal recorded its hash',
    ],
    [
      'lie elsewhere',
      () => {
        renameSync(file('k6'), join(root, 'elsewhere'))
        symlinkSync(join(root, 'elsewhere'), file('k6'))
      },
      'k6/samples.json.gz: lies in what is no directory of this run',
    ],
    [
      'are a directory',
      () => {
        rmSync(file(SAMPLES))
        mkdirSync(file(SAMPLES))
      },
      'k6/samples.json.gz: is a directory, not a file',
    ],
  ])('are named when they %s', async (_what, spoil, says) => {
    spoil()
    const { code, said } = await judged()

    expect(said).toContain(`leader-crash/${says}`)
    expect(code).toBe(20)
  })

  test('are held against what run.json recorded too', async () => {
    inRun(({ heads }) => {
      ;(heads as Record<string, string>)[`leader-crash/${SAMPLES}`] = '0'.repeat(64)
    })
    const { code, said } = await judged()

    expect(said).toContain(`leader-crash/${SAMPLES}: is not the file whose hash run.json recorded`)
    expect(code).toBe(20)
  })
})

test('the run that is spoiled below is as it was written', async () => {
  const { code, said } = await judged()

  expect(said).toContain('1 of 1 verdicts are derived again from the files')
  expect(code).toBe(0)
})

const CHAINS = ['journal.jsonl', 'writes.jsonl', 'probes.jsonl', 'ops.jsonl', 'reads.jsonl']

describe.each(CHAINS)('%s is named', (name) => {
  test.each<[string, () => void, RegExp]>([
    [
      'with the line after one that was edited',
      () =>
        rewrite(name, (lines) => lines.with(3, (lines[3] as string).replace(/"t":\d/, '"t":9'))),
      /line 5 does not follow line 4: that one was changed or removed$/,
    ],
    [
      'with its last line when that was edited',
      () =>
        rewrite(name, (lines) =>
          lines.with(-1, (lines.at(-1) as string).replace(/"t":\d/, '"t":9')),
        ),
      /line \d+,? (was changed after the file was closed|the last, is not the one that run.json)/,
    ],
    [
      'with its last line when that is half a line',
      () => truncateSync(file(name), readFileSync(file(name)).length - 40),
      /line \d+ is not a complete entry$/,
    ],
    [
      'with its last line when what followed is missing',
      () => rewrite(name, (lines) => lines.slice(0, -2)),
      /line \d+(, the last, is not| is the last, but the journal recorded \d+ lines$)/,
    ],
    [
      'when it comes from another run',
      () => copyFileSync(join(other, 'leader-crash', name), file(name)),
      name === 'journal.jsonl'
        ? /line \d+, the last, is not the one that run.json recorded/
        : /line \d+ (was changed after the file was closed|is the last, but)/,
    ],
    ['when it is gone', () => rmSync(file(name)), /is missing/],
  ])('%s', async (_, change, message) => {
    change()

    const { code, said } = await judged()

    const named = said.split('\n').filter((line) => line.startsWith(`leader-crash/${name}: `))
    expect(named[0]?.slice(`leader-crash/${name}: `.length)).toMatch(message)
    expect(code).toBe(20)
  })
})

/** Root may read what nobody else may. */
const isRoot = process.getuid?.() === 0

describe('a file is named', () => {
  test.each<[string, () => void | Promise<void>, string]>([
    [
      'with its line when two lines changed places',
      () => rewrite('ops.jsonl', (l) => l.with(3, l[4] as string).with(4, l[3] as string)),
      'ops.jsonl: line 4 has number 4, not 3',
    ],
    [
      'with its line when one was removed and the numbers were mended',
      () =>
        rewrite('ops.jsonl', (lines) =>
          lines.toSpliced(2, 1).map((line, seq) => line.replace(/"seq":\d+/, `"seq":${seq}`)),
        ),
      'ops.jsonl: line 3 does not follow line 2',
    ],
    [
      'when only its last byte is missing',
      () => truncateSync(file('reads.jsonl'), readFileSync(file('reads.jsonl')).length - 1),
      'has no line end: the file was cut off behind it',
    ],
    [
      'when its last bytes became NUL, as after a power cut',
      () => {
        const { length } = readFileSync(file('writes.jsonl'))
        truncateSync(file('writes.jsonl'), length - 20)
        truncateSync(file('writes.jsonl'), length)
      },
      'is not a complete entry: it has NUL bytes, which were never written',
    ],
    [
      'when it was converted to CR LF',
      () => {
        const text = readFileSync(file('journal.jsonl'), 'utf8')
        writeFileSync(file('journal.jsonl'), text.replaceAll('\n', '\r\n'))
      },
      'journal.jsonl: line 1 ends in CR LF, not in LF: the file was converted',
    ],
    [
      'when an empty line was appended',
      () => appendFileSync(file('probes.jsonl'), '\n'),
      'is not a complete entry',
    ],
    [
      'when a line of 64 MiB was appended',
      () => truncateSync(file('probes.jsonl'), 64 * 2 ** 20),
      'is longer than 16 MiB',
    ],
    [
      'when it is a link to the file',
      () => {
        renameSync(file('ops.jsonl'), join(root, 'elsewhere'))
        symlinkSync(join(root, 'elsewhere'), file('ops.jsonl'))
      },
      'leader-crash/ops.jsonl: is a symbolic link, not a file',
    ],
    [
      'when it is a link that leads nowhere',
      () => {
        rmSync(file('journal.jsonl'))
        symlinkSync(join(root, 'nowhere'), file('journal.jsonl'))
      },
      'journal.jsonl: is a symbolic link, not a file',
    ],
    [
      'when it is a directory',
      () => {
        rmSync(file('reads.jsonl'))
        mkdirSync(file('reads.jsonl'))
      },
      'leader-crash/reads.jsonl: is a directory, not a file',
    ],
    [
      'when it is a socket',
      async () => {
        rmSync(file('probes.jsonl'))
        const server = createServer().listen(file('probes.jsonl'))
        await new Promise((resolve) => server.once('listening', resolve))
        server.unref()
      },
      'leader-crash/probes.jsonl: cannot be read: ENXIO',
    ],
    [
      'when the journal is empty',
      () => writeFileSync(file('journal.jsonl'), ''),
      'leader-crash is no record of a scenario: journal.jsonl is empty',
    ],
    [
      'when the verdict is a directory',
      () => {
        rmSync(file('verdict.json'))
        mkdirSync(file('verdict.json'))
      },
      'leader-crash: verdict.json: is a directory, not a file',
    ],
    [
      'when the verdict is a link out of the run',
      () => {
        renameSync(file('verdict.json'), join(root, 'elsewhere'))
        symlinkSync(join(root, 'elsewhere'), file('verdict.json'))
      },
      'leader-crash: verdict.json: is a symbolic link, not a file',
    ],
    [
      'when the verdict is larger than any verdict',
      () => truncateSync(file('verdict.json'), 65 * 2 ** 20),
      'leader-crash: verdict.json: is larger than 64 MiB',
    ],
    [
      'when the scenario is a link out of the run',
      () => {
        renameSync(join(run, 'leader-crash'), join(root, 'elsewhere'))
        symlinkSync(join(root, 'elsewhere'), join(run, 'leader-crash'))
      },
      'leader-crash: is not a directory of this run',
    ],
    [
      'when the whole scenario is gone',
      () => rmSync(join(run, 'leader-crash'), { recursive: true }),
      'leader-crash: verdict.json cannot be read',
    ],
    [
      'when the whole scenario is that of another run',
      () =>
        cpSync(join(other, 'leader-crash'), join(run, 'leader-crash'), {
          recursive: true,
          force: true,
        }),
      'leader-crash/journal.jsonl: line',
    ],
    [
      'when run.json vouches for a file that is not there',
      () => inRun(({ heads }) => Object.assign(heads as object, { 'leader-crash/k6.json': '0' })),
      'leader-crash/k6.json: is missing',
    ],
    [
      'when run.json vouches for a file outside',
      () => inRun(({ heads }) => Object.assign(heads as object, { 'leader-crash/../x': '0' })),
      'run.json: vouches for files of leader-crash/.., which it does not name',
    ],
    [
      'when run.json no longer names its scenario',
      () => inRun((content) => Object.assign(content, { scenarios: [] })),
      'leader-crash: has a journal.jsonl, but run.json does not name it',
    ],
    [
      'when run.json forgot a scenario with its directory',
      () => {
        rmSync(join(run, 'leader-crash'), { recursive: true })
        inRun((content) => Object.assign(content, { scenarios: [] }))
      },
      'run.json: vouches for files of leader-crash, which it does not name',
    ],
    [
      'when run.json names it twice',
      () => inRun(({ scenarios }) => (scenarios as unknown[]).push((scenarios as unknown[])[0])),
      'run.json: names one directory twice',
    ],
  ])('%s', async (_, change, message) => {
    await change()

    const { code, said } = await judged()

    expect(said).toContain(message)
    expect(code).toBe(20)
  })

  test.skipIf(isRoot)('when nobody may read it', async () => {
    chmodSync(file('writes.jsonl'), 0)

    const { code, said } = await judged()

    expect(said).toContain('leader-crash/writes.jsonl: cannot be read: EACCES')
    expect(code).toBe(20)
  })
})

describe('a chain in order whose entries are not ours', () => {
  const forged = (name: string, entries: readonly [kind: string, data: unknown][]): void => {
    rmSync(file(name))
    const chain = new ChainWriter(file(name), new RunClock())
    for (const [kind, data] of entries) chain.append(kind, data)
    chain.close()
  }
  const lane = { lane: 'write', kind: 'write', judged: true, intervalMs: 0, deadlineMs: 1000 }

  test.each<[string, () => void, string]>([
    [
      'a promise without objectives',
      () => forged('journal.jsonl', [['frozen', { format: 1 }]]),
      'journal.jsonl begins with a promise that lacks a part',
    ],
    [
      'a journal that begins with something else',
      () => forged('journal.jsonl', [['phase', { name: 'body' }]]),
      'journal.jsonl begins with "phase", not "frozen"',
    ],
    [
      'an entry without data',
      () => forged('writes.jsonl', [['sent', null]]),
      'writes.jsonl: line 1 is not a complete entry',
    ],
    [
      'lanes that are none',
      () => forged('probes.jsonl', [['lanes', {}]]),
      'probes.jsonl: line 1 has another shape',
    ],
    [
      'a lane without an interval',
      () => forged('probes.jsonl', [['lanes', { lanes: [lane] }]]),
      'probes.jsonl: line 1 has another shape: lane write has no interval',
    ],
    [
      'a seal of a file outside',
      () => {
        const frozen = JSON.parse(linesOf('journal.jsonl')[0] as string).data
        const seal = { file: '../run.json', lines: 1, head: '0' }
        forged('journal.jsonl', [
          ['frozen', frozen],
          ['file.closed', seal],
        ])
      },
      'journal.jsonl: line 2 has another shape: it closes "../run.json"',
    ],
  ])('such as %s is told', async (_, change, message) => {
    change()

    const { code, said } = await judged()

    expect(said).toContain(message)
    expect(code).toBe(20)
  })

  test('is inconclusive even when run.json vouches for it', async () => {
    const frozen = JSON.parse(linesOf('journal.jsonl')[0] as string).data
    for (const name of CHAINS.slice(1)) rmSync(file(name))
    rmSync(file('journal.jsonl'))
    const chain = new ChainWriter(file('journal.jsonl'), new RunClock())
    chain.append('frozen', { ...frozen, objectives: [null] })
    const { head } = chain.close()
    inRun((content) => Object.assign(content, { heads: { 'leader-crash/journal.jsonl': head } }))

    const { code, said } = await judged()

    expect(said).toContain('leader-crash: verdict was "passed", the files give "inconclusive"')
    expect(code).toBe(1)
  })
})

describe('a stored verdict', () => {
  test.each<[string, () => void, string]>([
    [
      'of which a field was edited',
      () => inVerdict((verdict) => Object.assign(verdict, { why: 'all is well' })),
      'leader-crash: why was "all is well", the files give ',
    ],
    [
      'of which a field of the first version was taken away',
      () => inVerdict((verdict) => delete verdict.lost),
      'leader-crash: lost was nothing, the files give []',
    ],
    [
      'that lost one of its gates',
      () => inVerdict(({ gates }) => (gates as unknown[]).pop()),
      /gates\[\d+\] was nothing, the files give {/.source,
    ],
    [
      'that got a field of nobody',
      () => inVerdict((verdict) => Object.assign(verdict, { approved: true })),
      'leader-crash: approved was true, the files give nothing',
    ],
    [
      'with a field that every object inherits',
      () =>
        writeFileSync(
          file('verdict.json'),
          readFileSync(file('verdict.json'), 'utf8').replace('{', '{"__proto__":{},'),
        ),
      'leader-crash: __proto__ was {}, the files give nothing',
    ],
    [
      'with a field that is deeper than anything',
      () => {
        const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
        const text = readFileSync(file('verdict.json'), 'utf8')
        writeFileSync(file('verdict.json'), text.replace('{', `{"x":${deep},`))
      },
      'leader-crash: x was ',
    ],
    [
      'of another run',
      () => copyFileSync(join(other, 'leader-crash/verdict.json'), file('verdict.json')),
      'leader-crash: seed was "81aa", the files give "7f3a"',
    ],
    [
      'whose run.json names another product',
      () =>
        inRun(({ scenarios }) =>
          Object.assign((scenarios as object[])[0] as object, { product: 'vault' }),
        ),
      'leader-crash: product in run.json was vault, the files give openbao',
    ],
  ])('%s differs, and the field is named', async (_, change, message) => {
    change()

    const { code, said } = await judged()

    expect(said).toMatch(new RegExp(message.startsWith('gates') ? message : escaped(message)))
    expect(code).toBe(1)
  })

  test('of before a later field was derived is as it was stored', async () => {
    inVerdict((verdict) => delete verdict.clocks)

    expect((await judged()).code).toBe(0)
  })

  test('has its later fields compared where it stored them', async () => {
    inVerdict((verdict) => Object.assign(verdict, { clocks: { made: 'up' } }))

    const { code, said } = await judged()

    expect(said).toContain('leader-crash: clocks.made was "up", the files give nothing')
    expect(code).toBe(1)
  })
})

const escaped = (text: string): string => text.replace(/[[\](){}.?*+^$|\\]/g, '\\$&')

describe('a run without its end', () => {
  test('is judged for information when run.json is missing', async () => {
    rmSync(join(run, 'run.json'))

    const { code, said } = await judged()

    expect(said).toContain('was never finished: it has 1 records (leader-crash) and no run.json')
    expect(said).toContain('leader-crash: PASS by its files')
    expect(code).toBe(20)
  })

  test('never passes when its journal stops before its end', async () => {
    rmSync(join(run, 'run.json'))
    rewrite('journal.jsonl', (lines) => lines.slice(0, -1))

    const { code, said } = await judged()

    expect(said).toMatch(/leader-crash: (?!PASS).* by its files/)
    expect(code).toBe(20)
  })

  test.each(CHAINS)('tells when the last line of %s is half a line', async (name) => {
    rmSync(join(run, 'run.json'))
    truncateSync(file(name), readFileSync(file(name)).length - 40)

    const { code, said } = await judged()

    expect(said).toMatch(new RegExp(`leader-crash/${name}: line \\d+ is not a complete entry`))
    expect(said).toMatch(/leader-crash: (?!PASS).* by its files/)
    expect(code).toBe(20)
  })
})

describe('what is no run', () => {
  const asRunFile = (text: string) => () => writeFileSync(join(run, 'run.json'), text)

  test.each<[string, () => void, string]>([
    ['a file', () => rmSync(run, { recursive: true }), 'it is a file'],
    ['a run.json that is a list', asRunFile('[]'), 'its run.json names no format'],
    ['a run.json that is nothing', asRunFile('null'), 'its run.json names no format'],
    ['an empty run.json', asRunFile(''), 'its run.json is not JSON'],
    [
      'scenarios that are none',
      () => inRun((content) => Object.assign(content, { scenarios: [null] })),
      'its run.json names no directory for scenario 1',
    ],
    [
      'a run.json that is a directory',
      () => {
        rmSync(join(run, 'run.json'))
        mkdirSync(join(run, 'run.json'))
      },
      'its run.json: is a directory, not a file',
    ],
    [
      'a run.json that is a link out of the run',
      () => {
        renameSync(join(run, 'run.json'), join(root, 'elsewhere'))
        symlinkSync(join(root, 'elsewhere'), join(run, 'run.json'))
      },
      'its run.json: is a symbolic link, not a file',
    ],
    [
      'a journal of another format',
      () => rewrite('journal.jsonl', (l) => [(l[0] as string).replace('"format":1', '"format":2')]),
      'leader-crash was written in format 2; this version reads format 1',
    ],
  ])('such as %s is told', async (title, change, message) => {
    change()
    if (title === 'a file') writeFileSync(run, '')

    const { code, said } = await judged()

    expect(said).toContain(message)
    expect(code).toBe(64)
  })
})
