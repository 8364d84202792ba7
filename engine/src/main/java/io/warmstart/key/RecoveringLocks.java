package io.warmstart.key;

import io.warmstart.index.Index;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.PairRecovery;
import io.warmstart.pair.RootDirectory;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The keys' locks, each taken together with the duty that comes with it: if its last owner died
 * holding it, what that one left is mended before anybody uses the key. Safe for all threads.
 */
public final class RecoveringLocks {
  /** How long a lock is waited for whose holder does not come to its end. */
  public static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final RootDirectory root;
  private final StripeLocks stripes;
  private final PairRecovery recovery;
  private final Index index;
  private final SpaceLedger ledger;
  private final KeyRecount recount;
  private final @Nullable KeyCensus census;
  private final Counters counters;
  private final Runnable ensureThreadsRun;

  /**
   * Makes the locks of one root.
   *
   * @param recovery completes what the dead have left
   * @param ensureThreadsRun starts what runs in the background if it does not run
   */
  public RecoveringLocks(
      RootDirectory root,
      StripeLocks stripes,
      PairRecovery recovery,
      Index index,
      SpaceLedger ledger,
      KeyRecount recount,
      KeyCensus census,
      Counters counters,
      Runnable ensureThreadsRun) {
    this.root = root;
    this.stripes = stripes;
    this.recovery = recovery;
    this.index = index;
    this.ledger = ledger;
    this.recount = recount;
    // Where the lock is not all there is, nobody who holds it knows all entries.
    this.census = root.besideOtherMachines() ? null : census;
    this.counters = counters;
    this.ensureThreadsRun = ensureThreadsRun;
  }

  /**
   * Looks at a key's directory, to be done before anything is staged in it: see {@link
   * KeyUpdate#beginOfRun}.
   */
  public KeyCensus.Look look(KeyDirectory directory) {
    if (census == null) {
      return KeyCensus.Look.NONE;
    }
    long now = RacyWindow.systemNanos();
    try {
      return new KeyCensus.Look(root.ops().changedNanos(directory.path()), now);
    } catch (IOException e) {
      return KeyCensus.Look.NONE;
    }
  }

  /** Takes the lock of a key. */
  public KeyUpdate acquire(KeyDirectory directory) {
    return acquire(directory, TIMEOUT_NANOS);
  }

  /** The same, waiting no longer than this for a holder that does not come to its end. */
  public KeyUpdate acquire(KeyDirectory directory, long patienceNanos) {
    ensureThreadsRun.run();
    return update(directory, stripes.acquireWithin(directory.key(), patienceNanos), true);
  }

  /** Takes the lock of a key to look at it alone: mends nothing, and waits for nobody for long. */
  public KeyUpdate acquireToLook(KeyDirectory directory) {
    return update(directory, stripes.acquireForScan(StripeLocks.stripeOf(directory.key())), false);
  }

  /** Gives the lock back if it fails, for want of memory say. */
  private KeyUpdate update(KeyDirectory directory, StripeLocks.Hold hold, boolean mends) {
    boolean done = false;
    try {
      if (mends && hold.broken()) {
        recover(hold, directory.key());
      }
      KeyUpdate update = new KeyUpdate(directory, hold, index, ledger, recount, census);
      done = true;
      return update;
    } finally {
      if (!done) {
        hold.close();
      }
    }
  }

  private void recover(StripeLocks.Hold hold, Digest256 wanted) {
    try {
      recover(hold);
      hold.announce(wanted);
    } catch (IOException e) {
      // The dead owner's key may lie in a directory that cannot be read. The next holder tries
      // again, and every reader of that key comes to the same recovery; this caller's own key need
      // not wait for it.
      counters.count(StoreCounter.SWEEP_FAILURES);
    }
  }

  private void recover(StripeLocks.Hold hold) throws IOException {
    ledger.recount(hold);
    Digest256 key = hold.brokenIntent();
    if (key == null) {
      // It says that somebody has died, and not over which key: they must all be looked at.
      ledger.doubt();
      return;
    }
    KeyDirectory directory = root.directory(key);
    index.changing(key);
    try {
      // What another machine has half published looks the same: readers and sweeps wait that out
      // before they complete anything, which nobody can who holds a lock. But what this machine's
      // dead have staged must be out of the way before the run is saved again: else another
      // machine, which has just seen that it fits, would rename it over the new manifest.
      int mended =
          recovery.recoverKey(directory, !root.besideOtherMachines() && hold.heldAcrossProcesses());
      counters.count(StoreCounter.ROLLED_FORWARD, mended);
    } finally {
      index.changed(key);
    }
    recount.run(hold, directory);
  }
}
