import type Dockerode from 'dockerode'

/** What the kernel has counted for a container's cgroup, of version 1 or 2, by way of the engine. */
export type Usage = {
  /** CPU time of all its processes so far. */
  readonly cpuNs: number
  /** Periods in which it had used up its quota and had to wait. */
  readonly throttledPeriods: number
  /** Without the page cache that the kernel can take back. */
  readonly memoryBytes: number
}

/** Of a running container, frozen or not; zeros of one that has ended. */
export async function usageOf(docker: Dockerode, id: string): Promise<Usage> {
  const { cpu_stats: cpu, memory_stats: memory } = await docker
    .getContainer(id)
    .stats({ stream: false, 'one-shot': true })
  const counted = memory.stats as Readonly<Record<string, number>> | undefined
  const cache = counted?.total_inactive_file ?? counted?.inactive_file ?? 0
  return {
    cpuNs: cpu.cpu_usage.total_usage,
    throttledPeriods: cpu.throttling_data?.throttled_periods ?? 0,
    memoryBytes: Math.max(0, (memory.usage ?? 0) - cache),
  }
}

/** The limits that the engine gives it; 0: none. */
export type Limits = { readonly memoryBytes: number; readonly cpuQuotaUs: number }

/** The engine can change a limit of memory and not lift it, so "none" is more than anybody has. */
export const NO_MEMORY_LIMIT = 2 ** 50

export async function limitsOf(docker: Dockerode, id: string): Promise<Limits> {
  const { HostConfig } = await docker.getContainer(id).inspect()
  return {
    memoryBytes: (HostConfig.Memory ?? 0) >= NO_MEMORY_LIMIT ? 0 : (HostConfig.Memory ?? 0),
    cpuQuotaUs: Math.max(0, HostConfig.CpuQuota ?? 0),
  }
}
