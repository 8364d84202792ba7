package io.warmstart.payload;

/**
 * Keeps the fields of a subclass off the cache line of whatever lies before it on the heap. For
 * objects that one thread writes to at each lookup: the collector packs those of different threads
 * side by side, and each write would then take the line away from the other thread.
 */
public abstract class CacheLinePadding {
  /** The four bytes between header and longs, which a field of a subclass would be put into. */
  @SuppressWarnings({"unused", "UnusedVariable"})
  private int beforeLongs;

  @SuppressWarnings({"unused", "UnusedVariable"})
  private long before0, before1, before2, before3, before4, before5, before6;

  /** For subclasses. */
  protected CacheLinePadding() {}
}
