import { Argument, Command } from 'commander'
import { loadCatalogue } from '../catalogue.ts'

/** `list`: what there is, and where each comes from. */
export function listCommand(): Command {
  return new Command('list')
    .description('the scenarios, with the lines of the documents they come from')
    .addArgument(new Argument('[what]', 'what to list').choices(['scenarios']).default('scenarios'))
    .option('--json', 'one JSON document', false)
    .action(async (_what: string, { json }: { json: boolean }) => {
      const rows = (await loadCatalogue()).map(({ name, scenario }) => ({
        id: scenario.id,
        name,
        variants: Object.keys(scenario.variants),
        source: scenario.source,
        suites: scenario.suites,
        title: scenario.title,
        available: true,
      }))
      if (json) return print(JSON.stringify(rows, null, 2))
      for (const { id, name, variants, source, suites, title } of rows) {
        const ways = variants.length === 0 ? '' : `  (${variants.join(', ')})`
        print(
          `${id.padEnd(4)} ${name.padEnd(17)} ${suites.join(',').padEnd(14)} ${source.padEnd(22)} ${title}${ways}`,
        )
      }
    })
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
