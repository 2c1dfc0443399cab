import { describe, expect, test } from 'vitest'
import { expandable, mistakesIn, scriptOf, typedOn } from './page-blocks.ts'

const page = (before: string, ...steps: readonly string[]): string =>
  [
    '# Page\n\n## Before you start\n',
    '- **A token** in `~/token`.\n',
    `\`\`\`sh\n${before}\n\`\`\`\n\n## Procedure\n`,
    ...steps.map((step) => `1. Step\n\n   \`\`\`sh\n${step.replaceAll(/^/gm, '   ')}\n   \`\`\`\n`),
  ].join('\n')

const WITHIN = `within() { local end=$((SECONDS + $1)); until "\${@:2}"; do [ $SECONDS -lt $end ] || return; done; }`

test('the blocks of a page are one script, without their indentation', () => {
  expect(scriptOf(typedOn(page('a=1', 'echo $a', 'echo b')))).toBe('a=1\n\necho $a\n\necho b\n')
})

describe('a page is right that', () => {
  test.each([
    ['sets a name and uses it', 'a=1', 'echo "$a"'],
    ['loops over names', 'true', 'for n in 1 2; do echo $n; done'],
    ['reads what the step before wrote', 'true', 'ls > names\ncat names'],
    ['reads what it was given', 'true', 'export VAULT_TOKEN=$(cat ~/token)'],
    [
      'reads to the end of its input',
      'true',
      'ls > names\nwhile read -r a; do echo $a; done < names',
    ],
    ['waits with a limit', WITHIN, 'for n in 1 2; do\n  within 60 echo $n || break\ndone'],
    ['says in quotes what is of others', 'true', "ssh vault-1 'echo $there; cd /tmp; here'"],
    ['calls what it made', 'own() { echo 1; }', 'own'],
    ['asks with a limit', 'true', 'curl -s -m 5 https://vault-1:8200'],
    ['starts a program by its path', 'drill=~/vault-drill/drill', '"$drill" snapshot verify'],
  ])('%s', (_what, before, step) => {
    expect(mistakesIn(typedOn(page(before, step)))).toEqual([])
  })
})

describe('a page is wrong that', () => {
  test.each([
    ['uses a name before it is set', 'true', 'echo "$a"; a=1', '$a is not set'],
    ['uses one within a command within quotes', 'true', 'echo "1 $(echo "$a")"', '$a is not set'],
    ['reads a file that nobody made', 'true', 'x=$(cat paths)', 'nobody made paths'],
    [
      'reads it before it is made',
      'true',
      'diff one.json 2; ls > one.json',
      'nobody made one.json',
    ],
    [
      'feeds a loop from nowhere',
      'true',
      'while read -r a; do echo $a; done < names',
      'nobody made names',
    ],
    ['has a word to be filled in', 'true', 'aws s3 cp <name> x', '<name> is to be filled in'],
    [
      'has one in a loop',
      'true',
      'for n in 1; do echo <that key>; done',
      '<that key> is to be filled in',
    ],
    [
      'looks for the harness here',
      'true',
      'ls && ./drill snapshot verify',
      '"./drill snapshot verify" is not in this folder',
    ],
    ['leaves its folder', 'cd /tmp', 'cd /var; ls', 'a step of "Procedure" leaves the folder'],
    [
      'waits for ever',
      'true',
      'until false; do true; done',
      '"until false; do true; done" has no end',
    ],
    [
      'polls for ever',
      'true',
      'while true; do true; done',
      '"while true; do true; done" has no end',
    ],
    [
      'goes on after a wait that failed',
      WITHIN,
      'for n in 1 2; do\n  within 60 echo $n\ndone',
      '"within 60 echo $n" fails, and the loop goes on',
    ],
    ['calls what nobody made', 'true', 'ls | own', 'own is no command'],
    ['waits with what nobody made', 'true', 'within 60 true', 'within is no command'],
    [
      'may hang at a host that is gone',
      'true',
      'curl -s https://vault-1:8200',
      '"curl -s https://vault-1:8200" may hang',
    ],
    [
      'takes silence for a yes',
      'true',
      'curl -m 5 https://vault-1:8200 | jq -e .data',
      '"jq -e" takes no answer for a good one',
    ],
    ['lets terraform look here', 'true', 'terraform apply', '"terraform apply" says no -chdir'],
  ])('%s', (_what, before, step, mistake) => {
    expect(mistakesIn(typedOn(page(before, step)))).toEqual([mistake])
  })
})

test.each([
  ['a comment', 'a # $b', 'a '],
  ['single quotes', "a '$b' c", 'a  c'],
  ['an apostrophe in double quotes', `"it's $a"`, "it's $a"],
  ['a dollar that is none', String.raw`"\$a"`, 'a'],
  ['single quotes in a command in double quotes', `"$(jq '$b' $c)"`, '$(jq  $c)'],
  ['arithmetic', 'a=$((1 + $b))', 'a=$((1 + $b))'],
])('of a script the shell reads, of %s', (_what, script, read) => {
  expect(expandable(script)).toBe(read)
})
