import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Half of the work of starting our child processes is compiling: kept, as ./drill keeps it.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '.drill', 'compile-cache')

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether a table of faults is gone through whole, or with one of each mechanism. */
    readonly everyFault: boolean
  }
}

// A flake is a finding: no project retries.
export default defineConfig({
  test: {
    retry: 0,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['harness', 'bench', 'fixtures', 'load'].map((each) => `${each}/**/*.test.ts`),
          exclude: ['**/*.contract.test.ts'],
          isolate: false, // fresh modules for every file cost a third of the time
          // Node itself strips the types, as in a run; there is nothing to transform, nor to mock.
          experimental: { viteModuleRunner: false, nodeLoader: false },
          maxWorkers: 3, // they wait a third of the time: two cores are busy with three of them
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['harness/**/*.contract.test.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          provide: { everyFault: false },
        },
      },
      {
        test: {
          name: 'every-fault',
          include: ['harness/faults/killed-harness.contract.test.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          provide: { everyFault: true },
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['scenarios/all.scenarios.test.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
