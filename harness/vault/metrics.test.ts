import { expect, test } from 'vitest'
import { parseMetrics } from './metrics.ts'

test('samples are read with their labels, everything else is passed over', () => {
  const text = [
    '# HELP process_open_fds Number of open file descriptors.',
    '# TYPE process_open_fds gauge',
    'process_open_fds 41',
    'process_resident_memory_bytes 1.28106496e+08',
    'vault_core_unsealed{cluster="a b} c"} 1',
    'vault_raft_apply_sum NaN',
    'vault_quantile{quantile="0.5"} 2.5 1700000000',
    '',
  ].join('\n')
  expect([...parseMetrics(text)]).toEqual([
    ['process_open_fds', 41],
    ['process_resident_memory_bytes', 128106496],
    ['vault_core_unsealed{cluster="a b} c"}', 1],
    ['vault_quantile{quantile="0.5"}', 2.5],
  ])
})
