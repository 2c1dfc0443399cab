/**
 * What a page of the runbook asks people to type, and what of it would not work as it stands: a
 * name that nobody set, a file that nobody made, a wait that never ends. Whether it is right only
 * a cluster tells; this reads the text.
 */

/** All that is typed on a page, one block after the other, and what its reader has beforehand. */
export type Typed = {
  readonly blocks: readonly { readonly section: string; readonly text: string }[]
  /** The prose of "Before you start": a file that it names is there. */
  readonly given: string
}

const BEFORE = 'Before you start'
const TO_FILL_IN = /<[a-z][^<>()|\n]*>/gi
const FENCE = /^( *)```sh\n(.*?)^\1```$/gms

export function typedOn(markdown: string): Typed {
  const sections = markdown.split(/^## /m).map((part) => {
    const [section = ''] = part.split('\n', 1)
    return { section, part }
  })
  const blocks = sections.flatMap(({ section, part }) =>
    [...part.matchAll(FENCE)].map(([, indent = '', text = '']) => ({
      section,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    })),
  )
  const before = sections.find(({ section }) => section === BEFORE)?.part ?? ''
  return { blocks, given: before.replaceAll(FENCE, '') }
}

/** All blocks as one script. */
export const scriptOf = ({ blocks }: Typed): string => blocks.map(({ text }) => text).join('\n')

/** What would not work as it stands, a sentence each. */
export function mistakesIn(typed: Typed): readonly string[] {
  const script = expandable(scriptOf(typed))
  const bare = expandable(scriptOf(typed), { blank: true }).replaceAll(TO_FILL_IN, '')
  return [
    ...elsewhere(typed),
    ...each(script, TO_FILL_IN, (what) => `${what} is to be filled in`),
    ...each(script, /\.\/drill\b[^\n]*/g, (what) => `"${what}" is not in this folder`),
    ...each(script, /\bterraform (?!-chdir=)[^\n]*/g, (what) => `"${what}" says no -chdir`),
    // Of nothing at all `jq -e` makes a success, up to version 1.6; with -n it says that nothing came.
    ...each(script, /\bjq -e /g, () => '"jq -e" takes no answer for a good one'),
    ...each(script, /\bcurl (?![^\n]*(?:-m|--max-time) )[^\n]*/g, (what) => `"${what}" may hang`),
    ...endless(script),
    ...unset(script),
    ...unmade(bare, typed.given),
    ...unknown(bare),
  ]
}

const each = (script: string, pattern: RegExp, says: (what: string) => string) =>
  [...script.matchAll(pattern)].map(([what]) => says(what))

/** After a `cd` in the middle what follows is looked for in another folder. */
const elsewhere = ({ blocks }: Typed): readonly string[] =>
  blocks
    .filter(({ section, text }) => section !== BEFORE && /^\s*cd /m.test(expandable(text)))
    .map(({ section }) => `a step of "${section}" leaves the folder`)

/** A wait has a limit; one within a loop over nodes ends that loop too, or the next node follows. */
function endless(script: string): readonly string[] {
  const loops = each(script, /\b(?:until|while) [^\n]*/g, (what) => what).filter(
    (what) => !/^while read |^until [^\n]*SECONDS -lt/.test(what),
  )
  const bodies = script.matchAll(/^( *)for [^\n]*; do\n(.*?)^\1done/gms)
  const goesOn = [...bodies]
    .flatMap(([, , body = '']) => body.split('\n'))
    .filter((line) => /\bwithin \d/.test(line) && !/(?:\|\||&&)/.test(line))
  return [
    ...loops.map((what) => `"${what}" has no end`),
    ...goesOn.map((what) => `"${what.trim()}" fails, and the loop goes on`),
  ]
}

/** Of the shell itself. */
const SET = new Set(['HOME', 'SECONDS', 'PWD'])
const ASSIGNED =
  /(?:^|[\s;&|({])([A-Za-z_]\w*)=|\bfor ([A-Za-z_]\w*) in\b|\bread -r ((?:[A-Za-z_]\w* ?)+)/gm

function unset(script: string): readonly string[] {
  const set = [...script.matchAll(ASSIGNED)].flatMap(({ 1: one, 2: turn, 3: read, index }) =>
    (one ?? turn ?? read ?? '').split(' ').map((name) => ({ name, index })),
  )
  const uses = [...script.matchAll(/\$\{?[#!]?([A-Za-z_]\w*)/g)]
  const isSet = (name: string, at: number) =>
    SET.has(name) || set.some((one) => one.name === name && one.index < at)
  const missing = uses.filter(({ 1: name = '', index }) => !isSet(name, index))
  return [...new Set(missing.map(([, name]) => `$${name} is not set`))]
}

const PATH = String.raw`[~\w./-]*[\w]`
const MADE = new RegExp(
  [
    `(?<!<)>>? ?(${PATH})`,
    String.raw`\btee (${PATH})`,
    String.raw`(?:--output|-out|snapshot save) (${PATH})(?=[\s;|&)])`,
    String.raw`\b(?:s3 cp|scp|mv|cp) [^\n;|&]*? (${PATH})(?=\s*(?:$|[;|&)]))`,
  ].join('|'),
  'gm',
)
const READ = new RegExp(
  [
    String.raw`\bcat (${PATH})`,
    String.raw`(?<![<\d])< ?(?![<(])(${PATH})`,
    `[= ]@(${PATH})`,
    String.raw`(?<!\[ -[es])\s(${PATH}\.(?:json|snap|crt|csr))(?=[\s;|&)])`,
  ].join('|'),
  'gm',
)

function unmade(all: string, given: string): readonly string[] {
  const script = all.replaceAll(/\brm [^;&|\n]*/g, '')
  const found = (pattern: RegExp) =>
    [...script.matchAll(pattern)].map(({ index, 0: text, ...groups }) => ({
      file: Object.values(groups).find((group) => typeof group === 'string') ?? '',
      at: index + text.length,
    }))
  const made = found(MADE)
  const isThere = (file: string, at: number) =>
    file.startsWith('/dev/') ||
    given.includes(`\`${file}\``) ||
    made.some((one) => one.file === file && one.at <= at)
  const missing = found(READ).filter(({ file, at }) => !isThere(file, at))
  return [...new Set(missing.map(({ file }) => `nobody made ${file}`))]
}

/** What an operator's host has, and the shell's own words. */
const KNOWN = new Set(
  (
    'aws awk ca cat comm cp curl cut date diff find gpg grep head jq ls mkdir mv openssl paste rm scp sed seq sha256sum sort ' +
    'sleep ssh sudo tail tar tee terraform tr uuidgen vault wc basename dirname bash ' +
    'cd echo export printf set unset umask history read local return break continue false true ' +
    'for in do done while until if then else elif fi case esac'
  ).split(' '),
)
const FIRST =
  /(?:(?:^|[;|&({!]|\$\()[ \t]*|\b(?:do|then|else|until|if|while)[ \t]+)(?<!\(\()([a-z][\w-]*)(?=\s|;|$|\))/gm

function unknown(script: string): readonly string[] {
  const own = [...script.matchAll(/^ *([a-z]\w*)\(\)/gm)].map(([, name = '']) => name)
  const words = [...script.matchAll(FIRST)].map(([, word = '']) => word)
  const strange = words.filter((word) => !KNOWN.has(word) && !own.includes(word))
  return [...new Set(strange.map((word) => `${word} is no command`))]
}

/**
 * What the shell itself reads: without comments, and without what stands in single quotes, which
 * is for another program or another host. Blank: what stands in double quotes is no command and
 * no file either.
 */
export function expandable(script: string, { blank = false } = {}): string {
  const within: ('bare' | 'double')[] = ['bare']
  const open: number[] = [0]
  let text = ''
  for (let at = 0; at < script.length; at++) {
    const [char = '', next = ''] = [script[at], script[at + 1]]
    const state = within.at(-1)
    if (char === '\\') at++
    else if (char === '"') {
      if (state === 'double') within.pop()
      else within.push('double')
    } else if (char === '$' && next === '(') {
      within.push('bare')
      open.push(0)
      text += '$('
      at++
    } else if (state === 'double') text += blank ? '%' : char
    else if (char === "'") at = endOf(script, "'", at + 1)
    else if (char === '#' && /(?:^|\s)$/.test(text)) at = endOf(script, '\n', at) - 1
    else {
      text += char
      const depth = (open.at(-1) ?? 0) + (char === '(' ? 1 : char === ')' ? -1 : 0)
      open[open.length - 1] = depth
      if (depth < 0 && within.length > 1) {
        within.pop()
        open.pop()
      }
    }
  }
  return text
}

const endOf = (script: string, char: string, from: number): number => {
  const end = script.indexOf(char, from)
  return end === -1 ? script.length : end
}
