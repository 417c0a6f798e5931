/** How much memory this process takes while something runs, from what the system keeps anyway. */

export interface ProcessMemory {
  residentBytes(): number;
  /** The most since the process began. */
  highestBytes(): number;
}

const KIB = 1024;

export const ownMemory: ProcessMemory = {
  residentBytes: () => process.memoryUsage.rss(),
  highestBytes: () => process.resourceUsage().maxRSS * KIB,
};

/**
 * Begins to watch; the function that it returns tells the peak since then. That is exact when the process has never
 * taken as much before; else it is the larger of beginning and end, since the system keeps only the highest of all.
 */
export function watchPeak(memory: ProcessMemory): () => number {
  const [residentBefore, highestBefore] = [memory.residentBytes(), memory.highestBytes()];
  return () => {
    const highest = memory.highestBytes();
    return highest > highestBefore ? highest : Math.max(residentBefore, memory.residentBytes());
  };
}
