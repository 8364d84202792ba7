package io.warmstart.payload;

import org.jspecify.annotations.Nullable;

/**
 * The payloads that a process keeps in memory, over all its stores, bounded by their bytes and by
 * the number of mappings. Which one goes is decided by second chance: each has a mark that a hit
 * sets, and the hand passes over a marked one once. What is leased stays in memory until the lease
 * ends, whatever the bound.
 *
 * <p>Safe for all threads.
 */
public final class PayloadCache {
  /** 256 MiB. */
  public static final long DEFAULT_CAPACITY_BYTES = 256L << 20;

  /** A process has some 65,000 mappings by default; a few thousand leave it the rest. */
  private static final int MOST_MAPPINGS = 4096;

  /** What an entry takes up besides its payload: names, manifest, the objects that lead to it. */
  private static final int OVERHEAD_BYTES = 1024;

  private static final int MOST_STEPS = 1 << 17;

  private final long capacityBytes;
  private final int mostMappings;

  /** The next to be looked at; the ring goes on with its {@code next}. Null if it is empty. */
  private @Nullable CachedPayload hand;

  private long bytes;
  private int mappings;
  final Leases leases = new Leases();

  public PayloadCache(long capacityBytes) {
    this(capacityBytes, MOST_MAPPINGS);
  }

  PayloadCache(long capacityBytes, int mostMappings) {
    this.capacityBytes = capacityBytes;
    this.mostMappings = mostMappings;
  }

  /**
   * Takes a payload in, and others out until the bounds hold. The caller holds a lease on it, so
   * that one which is too large to be kept serves at least its first reader.
   */
  public void add(CachedPayload payload) {
    synchronized (this) {
      link(payload);
    }
    leases.reclaim();
    while (true) {
      CachedPayload victim;
      synchronized (this) {
        if (bytes <= capacityBytes && mappings <= mostMappings) {
          return;
        }
        victim = next();
        if (victim == null) {
          return;
        }
        unlink(victim);
      }
      // Outside the monitor: it frees memory, and tells the index, which has found the payload
      // here.
      victim.retire();
    }
  }

  /** Takes a payload out that has been replaced, and retires it. */
  public void remove(CachedPayload payload) {
    synchronized (this) {
      unlink(payload);
    }
    payload.retire();
  }

  private @Nullable CachedPayload next() {
    CachedPayload candidate = hand;
    // Bounded: hits go on setting marks while the hand clears them.
    for (int step = 0; step < MOST_STEPS && candidate != null && candidate.usedSince(); step++) {
      candidate = candidate.next;
    }
    return candidate;
  }

  private void link(CachedPayload payload) {
    CachedPayload first = hand;
    if (first == null) {
      payload.next = payload;
      payload.previous = payload;
      hand = payload;
    } else {
      // Behind the hand: the last to be looked at.
      CachedPayload last = first.previous;
      payload.next = first;
      payload.previous = last;
      first.previous = payload;
      if (last != null) {
        last.next = payload;
      }
    }
    account(payload, 1);
  }

  private void unlink(CachedPayload payload) {
    CachedPayload next = payload.next;
    CachedPayload previous = payload.previous;
    if (next == null || previous == null) {
      return;
    }
    previous.next = next;
    next.previous = previous;
    hand = next == payload ? null : next;
    payload.next = null;
    payload.previous = null;
    account(payload, -1);
  }

  private void account(CachedPayload payload, int sign) {
    bytes += sign * (payload.memory().length() + OVERHEAD_BYTES);
    mappings += payload.memory().isMapped() ? sign : 0;
  }

  /** The leases on them. */
  public Leases leases() {
    return leases;
  }

  /** How many payloads have gone out while somebody read them, and wait for that to end. */
  int waiting() {
    return leases.waiting();
  }
}
