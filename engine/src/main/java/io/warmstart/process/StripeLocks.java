package io.warmstart.process;

import io.warmstart.mapped.ControlLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The locks of the keys: a stripe for each key, shared by the threads and the processes on a root.
 *
 * <p>A stripe is taken in two steps: first a lock of this JVM, so that its threads queue without
 * asking the kernel, then the kernel's lock on the stripe's byte of the lock file; that one a
 * process keeps if it takes the same stripe again and again, and others take it away ({@link
 * Stripe}). Nobody has to find out whether a holder is dead: the kernel frees its locks in the same
 * moment.
 *
 * <p>What a death does leave is the stripe's intent. A holder writes down the key before it changes
 * the key's files, and clears the intent before it releases; a process that takes a stripe and
 * finds one knows that its last holder died under it. It is told the key, repairs it, and only then
 * announces its own, so that its own death in between is found in the same way.
 *
 * <p>A stopped owner is alive. Its waiters give up after a time and go on under this JVM's lock
 * alone; what two such writers of one run id can do to each other is found by the check that each
 * makes after its renames, and by every reader's checksum.
 *
 * <p>No lock is ever taken while another stripe is held, except a key's stripe under {@link
 * ControlLayout#SWEEP_STRIPE}. Safe for all threads; not reentrant.
 */
public final class StripeLocks implements AutoCloseable {
  /** For what may as well be left undone: a stopped holder must not hold up a lookup or a scan. */
  private static final long BRIEF_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final @Nullable ProcessTable processTable;
  private final Counters counters;
  private final long timeoutNanos;
  private final LongSupplier monotonicNanos;
  private final Stripes stripes;
  private volatile boolean closed;

  /**
   * Makes the locks of one root.
   *
   * @param processTable proves who is alive; null for a root that this process cannot write to
   * @param timeoutNanos how long to wait for a living owner
   */
  public StripeLocks(
      @Nullable ProcessTable processTable,
      Counters counters,
      long timeoutNanos,
      LongSupplier monotonicNanos) {
    this.processTable = processTable;
    this.counters = counters;
    this.timeoutNanos = timeoutNanos;
    this.monotonicNanos = monotonicNanos;
    this.stripes = new Stripes(processTable);
  }

  /** The stripe of a key. Keys are hashes already, so any of their bits serve. */
  public static int stripeOf(Digest256 key) {
    return ControlLayout.stripeOf(key);
  }

  /**
   * Takes a key's stripe and announces the key. Blocks for the time-out at most. If the hold tells
   * a broken intent, the caller repairs that key and then announces its own; if it cannot repair
   * it, it announces nothing, and the next holder is told.
   */
  public Hold acquire(Digest256 key) {
    return acquireWithin(key, timeoutNanos);
  }

  /**
   * The same for somebody who has less patience, and something to do when it ends.
   *
   * @param patienceNanos how long to wait for a living owner; to give up is counted as a time-out
   *     only after the whole of it
   */
  public Hold acquireWithin(Digest256 key, long patienceNanos) {
    Hold hold = acquire(stripeOf(key), patienceNanos);
    if (!hold.broken()) {
      hold.announce(key);
    }
    return hold;
  }

  /**
   * Takes a key's stripe if it is free at once or nearly so, for a short look or to tell the index
   * something. A broken intent is left to those who change the key.
   */
  public Hold acquireBriefly(Digest256 key) {
    return acquireBriefly(stripeOf(key));
  }

  /**
   * The same if it is free within some milliseconds: where to do without costs a tenth of a second.
   */
  public Hold acquireShortly(Digest256 key) {
    return acquireStripe(stripeOf(key), 20 * BRIEF_NANOS);
  }

  /**
   * Takes the stripe that serialises sweeps.
   *
   * @param patienceNanos how long to wait for a sweep under way
   */
  public Hold acquireSweep(long patienceNanos) {
    return announced(acquire(ControlLayout.SWEEP_STRIPE, patienceNanos));
  }

  /**
   * The same for somebody whose work the sweep under way may do: then there is no need to wait for
   * its end, nor to compete with those who want to sweep in any case.
   *
   * @param needless asked again and again while waiting
   * @return null if it has turned out needless
   */
  public @Nullable Hold acquireSweepUnless(BooleanSupplier needless, long patienceNanos) {
    LockWait wait = new LockWait(patienceNanos, monotonicNanos, needless);
    Hold hold = acquire(ControlLayout.SWEEP_STRIPE, wait);
    if (wait.needless()) {
      hold.close();
      return null;
    }
    return announced(hold);
  }

  /** The same if nobody sweeps; null if somebody does, or nobody can tell. */
  public @Nullable Hold tryAcquireSweep() {
    Hold hold = acquire(ControlLayout.SWEEP_STRIPE, 0);
    if (!hold.heldAcrossProcesses()) {
      hold.close();
      return null;
    }
    return announced(hold);
  }

  /** Takes the stripe under which the files of the index are made and their pages given out. */
  public Hold acquireAllocation() {
    return announced(acquire(ControlLayout.ALLOCATION_STRIPE, 200 * BRIEF_NANOS));
  }

  /** Takes a stripe of keys for a look at what the index has of them. */
  public Hold acquireForScan(int stripe) {
    return acquireStripe(stripe, 200 * BRIEF_NANOS);
  }

  /** The same if it is free at once or nearly so. */
  public Hold acquireBriefly(int stripe) {
    return acquireStripe(stripe, BRIEF_NANOS);
  }

  private Hold acquireStripe(int stripe, long patienceNanos) {
    Hold hold = acquire(stripe, patienceNanos);
    return hold.broken() ? hold : announced(hold);
  }

  private static Hold announced(Hold hold) {
    hold.announceWithoutKey();
    return hold;
  }

  /** How many entries have been removed under a key's stripe; -1 if nobody can tell. */
  public long removals(Digest256 key) {
    ControlFile controlFile = processTable == null ? null : processTable.current();
    return controlFile == null ? -1 : controlFile.removals(stripeOf(key));
  }

  /** The same of the stripes of all keys. */
  public long[] removals() {
    ControlFile controlFile = processTable == null ? null : processTable.current();
    long[] removals = new long[ControlLayout.KEY_STRIPES];
    for (int stripe = 0; stripe < removals.length; stripe++) {
      removals[stripe] = controlFile == null ? -1 : controlFile.removals(stripe);
    }
    return removals;
  }

  private Hold acquire(int stripe, long patienceNanos) {
    return acquire(stripe, new LockWait(patienceNanos, monotonicNanos, null));
  }

  private Hold acquire(int stripe, LockWait wait) {
    boolean locallyHeld = wait.lockLocally(stripes.local(stripe));
    Stripe shared = null;
    boolean done = false;
    try {
      shared = locallyHeld && isTakenAmongProcesses(stripe, wait) ? stripes.shared(stripe) : null;
      if (shared == null && closed) {
        // Not as after a time-out: another engine may have the root, and know nothing of this one.
        throw new IllegalStateException("the store is closed");
      }
      ControlFile controlFile = shared == null ? null : shared.file();
      boolean broken = controlFile != null && takeOver(stripe, controlFile);
      if (shared == null && mayTimeOut(wait)) {
        counters.count(StoreCounter.FILES_ONLY);
        if (processTable != null) {
          processTable.tellInVain();
        }
      }
      Hold hold = new Hold(stripe, locallyHeld, shared, controlFile, broken);
      done = true;
      return hold;
    } finally {
      if (!done) {
        // An error on the way, of the caller's question too: nobody else would release it. Without
        // an object, for which there may be no memory left.
        giveBack(stripe, locallyHeld, shared);
      }
    }
  }

  /** Gives no stripe any more; those that are held stay so. */
  @Override
  public void close() {
    closed = true;
    stripes.close();
  }

  private void giveBack(int stripe, boolean locallyHeld, @Nullable Stripe shared) {
    try {
      if (shared != null) {
        shared.release();
      }
    } finally {
      if (locallyHeld) {
        stripes.local(stripe).unlock();
      }
    }
  }

  /** Whether a holder has died, or could not repair what another had left that had. */
  private boolean takeOver(int stripe, ControlFile controlFile) {
    long state = controlFile.intentState(stripe);
    if (state == ControlFile.LEFT_UNREPAIRED) {
      controlFile.intentState(stripe, ControlFile.AT_WORK);
    } else if (state != ControlFile.NO_INTENT) {
      counters.count(StoreCounter.LOCK_BREAKS);
    }
    return state != ControlFile.NO_INTENT;
  }

  /** Takes a stripe; false if it cannot be got in time, or at all. */
  private boolean isTakenAmongProcesses(int stripe, LockWait wait) {
    if (processTable == null) {
      return false;
    }
    try {
      boolean taken = wait.take(stripes.shared(stripe));
      if (!taken && mayTimeOut(wait)) {
        counters.count(StoreCounter.LOCK_TIMEOUTS);
      }
      return taken;
    } catch (IOException e) {
      // The lock file is being replaced, or out of reach: waiting would not bring it back.
      return false;
    }
  }

  /** With less patience than the time-out it has not timed out, nor if it need not wait. */
  private boolean mayTimeOut(LockWait wait) {
    return wait.patienceNanos() >= timeoutNanos && !wait.needless();
  }

  /**
   * A stripe that is held, by this thread at least, or by nobody after a time-out. To be closed by
   * the thread that took it.
   */
  public final class Hold implements AutoCloseable {
    private final int stripe;
    private final boolean locallyHeld;
    private final @Nullable Stripe shared;
    private final @Nullable ControlFile controlFile;
    private final boolean broken;
    private boolean announced;
    private boolean released;

    private Hold(
        int stripe,
        boolean locallyHeld,
        @Nullable Stripe shared,
        @Nullable ControlFile controlFile,
        boolean broken) {
      this.stripe = stripe;
      this.locallyHeld = locallyHeld;
      this.shared = shared;
      this.controlFile = controlFile;
      this.broken = broken;
    }

    /**
     * Whether other processes are kept out too, and not only the threads of this one. No longer
     * once the lock file was found replaced under way.
     */
    public boolean heldAcrossProcesses() {
      return !released && shared != null && shared.isHeld();
    }

    /** Whether this process has the coordination file, and so knows what others may have left. */
    public boolean attached() {
      return controlFile != null;
    }

    /** Whether anybody at all is kept out; false after a time-out within this JVM. */
    public boolean heldInProcess() {
      return locallyHeld;
    }

    /** Whether the holder before died here: what it may have left is to be repaired first. */
    public boolean broken() {
      return broken;
    }

    /** The key that a dead holder was changing; null if that is unknown. */
    public @Nullable Digest256 brokenIntent() {
      return broken && controlFile != null ? controlFile.intent(stripe) : null;
    }

    /** Which stripe this is. */
    public int stripe() {
      return stripe;
    }

    /**
     * Records which key the holder is about to change. After a {@link #brokenIntent} it says that
     * the broken key is whole again.
     */
    public void announce(Digest256 key) {
      announced = true;
      if (controlFile != null && heldAcrossProcesses()) {
        controlFile.announce(stripe, key);
      }
    }

    private void announceWithoutKey() {
      announced = true;
      if (controlFile != null && heldAcrossProcesses()) {
        controlFile.intentState(stripe, ControlFile.AT_WORK);
      }
    }

    /** Tells siblings that an entry under this stripe was removed by design. */
    public void countRemoval() {
      if (controlFile != null && heldAcrossProcesses()) {
        controlFile.countRemoval(stripe);
      }
    }

    /** Removals under this stripe so far; -1 if nobody can tell. */
    public long removals() {
      return controlFile == null ? -1 : controlFile.removals(stripe);
    }

    /**
     * An error that an access of the holder's has left must not strike in here: it would leave the
     * byte locked for the life of the process.
     */
    @Override
    public void close() {
      if (released) {
        return;
      }
      try {
        MappedFaults.raisePending();
        clearIntent();
      } catch (InternalError e) {
        // A process that made the access has the same page to touch again, and finds out.
        clearIntent();
      } finally {
        released = true;
        giveBack(stripe, locallyHeld, shared);
      }
    }

    private void clearIntent() {
      // Not after the lock file was replaced: the intent may be that of a holder in the new one.
      if (controlFile != null && heldAcrossProcesses()) {
        controlFile.intentState(
            stripe, announced ? ControlFile.NO_INTENT : ControlFile.LEFT_UNREPAIRED);
      }
    }
  }
}
