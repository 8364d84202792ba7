package io.warmstart.jmh.peer;

/**
 * What some stores must be told when they are opened.
 *
 * @param entries how many they will hold; beyond it some fail
 * @param payloadBytes the size of each
 * @param budgetBytes what those that evict may take
 */
public record Sizing(long entries, int payloadBytes, long budgetBytes) {
  /** So large that nothing is evicted. */
  public static final long NO_EVICTION = 1L << 44;

  /** A budget that nothing reaches. */
  public Sizing(long entries, int payloadBytes) {
    this(entries, payloadBytes, NO_EVICTION);
  }

  /** The bytes of all payloads. */
  public long bytes() {
    return entries * payloadBytes;
  }
}
