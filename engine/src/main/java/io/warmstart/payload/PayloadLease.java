package io.warmstart.payload;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Holds at most one lease on a payload: see {@link Leases}. Taking and ending allocate nothing. It
 * stays registered from its first take until it is discarded.
 *
 * <p>One thread at a time may take or end; a thread that goes on with the lease of another must
 * have been handed it. Any thread may read.
 */
public final class PayloadLease extends PayloadLeaseFields {
  private static final VarHandle HELD;

  static {
    try {
      HELD = MethodHandles.lookup().findVarHandle(PayloadLeaseFields.class, "held", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings({"unused", "UnusedVariable"})
  private long after0, after1, after2, after3, after4, after5, after6;

  /**
   * Takes a lease; what was held before must have been ended.
   *
   * @return false if the payload is on its way out
   */
  public boolean take(CachedPayload payload) {
    name(payload);
    if (payload.retired()) {
      end();
      return false;
    }
    payload.markUsed();
    return true;
  }

  /**
   * The first half of {@link #take}: the look at retired must come after it. See {@link Leases}.
   */
  void name(CachedPayload payload) {
    name(payload, payload.leases);
  }

  /**
   * The same for a payload that is not to be touched: the look at its cell of {@link Retirements}
   * must come after it.
   *
   * @param payload one of {@code leases}
   */
  public void name(Object payload, Leases leases) {
    if (registered != leases) {
      register(leases);
    }
    held = payload;
  }

  private void register(Leases leases) {
    unregister();
    leases.add(this);
    registered = leases;
  }

  private void unregister() {
    Leases before = registered;
    if (before != null) {
      registered = null;
      before.remove(this);
    }
  }

  /** What is held; null if nothing. */
  public @Nullable CachedPayload held() {
    return (CachedPayload) held;
  }

  /** Whether something is held. */
  public boolean holds() {
    return held != null;
  }

  /**
   * Ends the lease, if there is one.
   *
   * @return whether there was
   */
  public boolean end() {
    Object payload = held;
    Leases leases = registered;
    if (payload == null || leases == null) {
      return false;
    }
    // Release is enough: all reading of the payload comes before, and the thread that frees
    // it finds it here until then.
    HELD.setRelease(this, null);
    if (leases.anyWaiting() && ((CachedPayload) payload).retired()) {
      leases.reclaim();
    }
    return true;
  }

  /** Ends the lease, if there is one, and leaves {@link Leases}: nobody will take it again. */
  public boolean discard() {
    boolean ended = end();
    unregister();
    return ended;
  }
}
