/**
 * glibc gives the memory of long blocks back to the kernel when they are freed, and gets it anew, page by page, for the
 * next ones: for items that come and go, that costs more than their bytes. Once it has seen a long block go, it keeps them;
 * so it is shown one, which nothing is ever written to. Another C library does not mind.
 */

/** A little less than the longest block that it learns from, which has 32 MiB. */
const LONG_BYTES = 33_488_896;

export function keepFreedMemory(): void {
  void new ArrayBuffer(LONG_BYTES).transfer(0);
}
