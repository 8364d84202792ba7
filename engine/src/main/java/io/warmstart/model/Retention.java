package io.warmstart.model;

/** What eviction spares, beside pinned entries and the one that is being saved. */
public enum Retention {
  /** Nothing: never accessed before accessed, then the oldest use first. The default. */
  ORIGINAL,

  /**
   * Each key's best entry, by {@link Ranking#LOWEST_OBJECTIVE}, and its latest, by {@link
   * Ranking#LATEST}, until nothing else is left; then these too, in the same order. A TTL spares
   * none of them.
   */
  KEEP_BEST_AND_LATEST
}
