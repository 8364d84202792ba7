package io.warmstart.payload;

import org.jspecify.annotations.Nullable;

/**
 * A payload in memory that is shared by leases: see {@link Leases} for how it is known that there
 * are none.
 *
 * <p>What it is the payload of is a subclass and not a reference: a hot lookup counts in cache
 * lines. Safe for all threads.
 */
public abstract class CachedPayload {
  /** Of the memory, so that a hit need not follow one more reference. */
  private final long address;

  private final long length;
  private final PayloadMemory memory;
  final Leases leases;
  private volatile boolean retired;
  private volatile boolean used = true;
  private volatile int place;

  // The cache's ring; guarded by its monitor, null outside it.
  @Nullable CachedPayload next;
  @Nullable CachedPayload previous;

  /**
   * Makes a payload sharable. It is not kept in the cache before {@link PayloadCache#add}.
   *
   * @param memory where it lies; released when the payload is retired and no longer leased
   */
  protected CachedPayload(PayloadMemory memory, PayloadCache cache) {
    this.memory = memory;
    this.address = memory.address();
    this.length = memory.length();
    this.leases = cache.leases;
  }

  /** The memory; only for those who hold a lease. */
  public final PayloadMemory memory() {
    return memory;
  }

  /** Bytes. */
  public final long length() {
    return length;
  }

  /** Where it lies; only for those who hold a lease. */
  public final long address() {
    return address;
  }

  /** Gives it its cell of {@link Retirements}, before anybody remembers it by that. */
  protected final void place(int newPlace) {
    place = newPlace;
  }

  /** What is remembered of it by its cell counts for nothing from here on. */
  protected final void voidRecalls() {
    leases.retirements().add(place);
  }

  /** Whether an Agrona buffer can show all of it. */
  public final boolean fitsBuffer() {
    return PayloadMemory.fitsBuffer(length);
  }

  /** Whether no lease can be taken any more. */
  public final boolean retired() {
    return retired;
  }

  /** A lease was taken: the cache is to keep the payload for longer. */
  protected final void markUsed() {
    if (!used) {
      used = true;
    }
  }

  /** Whether it was used since the last time this was asked. */
  final boolean usedSince() {
    boolean was = used;
    used = false;
    return leases.retirements().usedSince(place) || was;
  }

  /** Lets nobody take a lease any more, and frees the memory after the last one. */
  public final void retire() {
    if (retired) {
      return;
    }
    retired = true;
    // After it, and before the leases are read: a reader that still finds the number of before
    // has named the payload in its own, and one that finds this one asks whether it is retired.
    voidRecalls();
    forget();
    leases.retire(this);
  }

  /**
   * The payload is retired: a table that would find it is to forget it. May be called more than
   * once.
   */
  protected abstract void forget();

  /** No lease names it any more. */
  final void free() {
    memory.release();
  }
}
