package io.warmstart.index;

import io.warmstart.model.Fingerprint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What was last found for a key, kept in the key object itself, as a String keeps its hash: a loop
 * that asks for one key again and again follows no reference to the entry, and reads no more of it
 * than its payload. No more than a hint, by any store and ranking: what it was read under says
 * whether it holds.
 *
 * <p>Several words that belong together, and no lock for readers: who writes marks the state as
 * being written first, then raises the turn, and stores the state last; who reads takes the turn
 * first and then the state, and compares the turn when he has read the rest. The state would not do
 * for that: a key object that serves two rankings comes back to one that it had.
 *
 * <p>By handles, since the key is a public value, and what is found for it is nobody else's
 * business.
 */
final class KeyMemo {
  private static final long NOTHING = 0;
  private static final long BEING_WRITTEN = 1;

  private static final int TICK_SHIFT = 24;

  /** A sixtieth of a second, roughly, and good for two years until one comes again. */
  static final long TICK_NANOS = 1L << TICK_SHIFT;

  private static final VarHandle FOUND;
  private static final VarHandle STATE;
  private static final VarHandle ADDRESS;
  private static final VarHandle LENGTH;
  private static final VarHandle SLOT;
  private static final VarHandle USED;
  private static final VarHandle TURN;

  static {
    try {
      MethodHandles.Lookup lookup =
          MethodHandles.privateLookupIn(Fingerprint.class, MethodHandles.lookup());
      FOUND = lookup.findVarHandle(Fingerprint.class, "found", Object.class);
      STATE = lookup.findVarHandle(Fingerprint.class, "foundState", long.class);
      ADDRESS = lookup.findVarHandle(Fingerprint.class, "foundAddress", long.class);
      LENGTH = lookup.findVarHandle(Fingerprint.class, "foundLength", int.class);
      SLOT = lookup.findVarHandle(Fingerprint.class, "foundSlot", int.class);
      USED = lookup.findVarHandle(Fingerprint.class, "foundUsed", int.class);
      TURN = lookup.findVarHandle(Fingerprint.class, "foundTurn", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private KeyMemo() {}

  /** How often it was written; to be asked before all else. */
  static int turn(Fingerprint key) {
    return (int) TURN.getAcquire(key);
  }

  /** What it was read under; to be asked before the rest. 0 if nothing is known. */
  static long state(Fingerprint key) {
    long state = (long) STATE.getAcquire(key);
    return state == BEING_WRITTEN ? NOTHING : state;
  }

  /** Whether all that was read since a turn belongs together; to be asked after it. */
  static boolean isStill(Fingerprint key, int turn) {
    VarHandle.loadLoadFence();
    return (int) TURN.getVolatile(key) == turn;
  }

  /** The entry, as an object: that it is one of ours need not be proven at each hit. */
  static @Nullable Object found(Fingerprint key) {
    return FOUND.getOpaque(key);
  }

  /** Where its payload lies. */
  static long address(Fingerprint key) {
    return (long) ADDRESS.getOpaque(key);
  }

  /** Bytes of the payload. */
  static int length(Fingerprint key) {
    return (int) LENGTH.getOpaque(key);
  }

  /** The number of the key's slot. */
  static int slot(Fingerprint key) {
    return (int) SLOT.getOpaque(key);
  }

  /**
   * How long ago a use was last noted, up to a tick more; negative if that lies ahead of the clock.
   */
  static long idleNanos(Fingerprint key, long nowUnixNanos) {
    int ticks = tick(nowUnixNanos) - (int) USED.getOpaque(key);
    return ticks < 0 ? ticks : (ticks + 1L) << TICK_SHIFT;
  }

  /** Says when a use was noted. */
  static void used(Fingerprint key, long nowUnixNanos) {
    USED.setOpaque(key, tick(nowUnixNanos));
  }

  private static int tick(long unixNanos) {
    return (int) (unixNanos >> TICK_SHIFT);
  }

  /**
   * Remembers an entry that the caller has a lease on.
   *
   * @param state what {@link KeyTable#memo} gives for it
   */
  static void set(Fingerprint key, HotEntry entry, long state) {
    long before = (long) STATE.getVolatile(key);
    if (before == state && FOUND.getOpaque(key) == entry) {
      USED.setOpaque(key, tick(entry.lastUse()));
      return;
    }
    if (before == BEING_WRITTEN
        || state == BEING_WRITTEN
        || state == NOTHING
        || !STATE.compareAndSet(key, before, BEING_WRITTEN)) {
      return;
    }
    TURN.setOpaque(key, (int) TURN.getOpaque(key) + 1);
    VarHandle.storeStoreFence();
    FOUND.setOpaque(key, entry);
    ADDRESS.setOpaque(key, entry.address());
    LENGTH.setOpaque(key, (int) entry.length());
    SLOT.setOpaque(key, entry.slot());
    USED.setOpaque(key, tick(entry.lastUse()));
    STATE.setRelease(key, state);
  }
}
