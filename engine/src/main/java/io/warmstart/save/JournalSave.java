package io.warmstart.save;

import io.warmstart.index.Index;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.RootWatch;
import io.warmstart.journal.Journal;
import io.warmstart.journal.Pending;
import io.warmstart.journal.Reserved;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.pair.CaseFolding;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.segment.Version;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A save into the journal: one record instead of two files.
 *
 * <ol>
 *   <li>Ask whether the journal would take it now, and whether the run's pair is one that this
 *       process has made; if not, the save goes into files.
 *   <li>Under the key's lock tell the index that the key changes, so that no process believes what
 *       it has read of it before; take a stamp later than all that the key has; append the record;
 *       tell the index again. From here on every lookup finds a record that need not be durable.
 *   <li>If it is to survive a power cut, sync the segment, once for all that wait for that; from
 *       then on every lookup finds it, once the index was told again.
 * </ol>
 *
 * <p>What fails on the way is revoked, and the save goes into files, with a later stamp.
 *
 * <p>A reserved save takes its room in the journal before it has a payload, without a lock, and
 * these steps when it is committed.
 */
public final class JournalSave {
  /** A record needs no name in the root: that the root is gone is noticed no sooner. */
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final RootDirectory root;
  private final RootWatch rootWatch;
  private final RecoveringLocks locks;
  private final Index index;
  private final SpaceLedger ledger;
  private final CaseFolding caseFolding;
  private final WrittenStamps stamps;
  private final KnownRuns knownRuns;
  private final Journal journal;

  public JournalSave(
      RootDirectory root,
      RootWatch rootWatch,
      RecoveringLocks locks,
      Index index,
      SpaceLedger ledger,
      CaseFolding caseFolding,
      WrittenStamps stamps,
      KnownRuns knownRuns,
      Journal journal) {
    this.root = root;
    this.rootWatch = rootWatch;
    this.locks = locks;
    this.index = index;
    this.ledger = ledger;
    this.caseFolding = caseFolding;
    this.stamps = stamps;
    this.knownRuns = knownRuns;
    this.journal = journal;
  }

  /** Whether the next version of a run might go into the journal, once the run's pair is known. */
  boolean mayTakeTheNext() {
    return journal.isUsable();
  }

  /** A record that was appended: its save is to be finished, or abandoned. */
  final class Begun {
    private final Digest256 key;
    private final boolean powerSafe;
    private @Nullable Pending appended;

    private Begun(Digest256 key, boolean powerSafe) {
      this.key = key;
      this.powerSafe = powerSafe;
    }

    private Pending appended() {
      return Objects.requireNonNull(appended);
    }

    /**
     * Waits until the record is as durable as was asked for, and publishes it.
     *
     * @return false if it will not be: then nobody finds it
     */
    boolean finish() {
      boolean saved = false;
      try {
        saved = !powerSafe || journal.awaitDurable(appended());
        if (saved && powerSafe) {
          // Needs no lock, and tells those who have looked since the record was appended. It must
          // come before the acknowledgement, from which on what the record supersedes may be
          // forgotten.
          index.changed(key);
        }
      } finally {
        if (saved) {
          journal.acknowledge(appended());
        } else {
          abandon();
        }
      }
      return saved;
    }

    /** Nobody is to find it. */
    void abandon() {
      journal.revoke(appended());
      index.changed(key);
    }
  }

  /**
   * Appends a record.
   *
   * @return null if the journal has not taken it: nothing was changed
   */
  @Nullable Begun begin(Save save) {
    return journal.takes(save.runId().length(), save.source().length()) && mayBeTaken()
        ? begin(save, version -> journal.append(version, save.source()))
        : null;
  }

  /**
   * Reserves room for a record whose payload the caller stores himself.
   *
   * @return null if there is none
   */
  @Nullable Reserved reserve(String runId, int payloadLength) {
    return mayBeTaken() ? journal.reserve(runId.length(), payloadLength) : null;
  }

  /**
   * Makes what was reserved and sealed a record, with a stamp of now; see {@link #begin}.
   *
   * @return null if it could not be: it is still to be aborted
   */
  @Nullable Begun begin(Save save, Reserved reserved) {
    return mayBeTaken() ? begin(save, version -> journal.commit(reserved, version)) : null;
  }

  /** What was reserved is no record; nothing happens if it was committed. */
  void abort(Reserved reserved) {
    journal.abort(reserved);
  }

  private boolean mayBeTaken() {
    return caseFolding.tellsCase() && !rootWatch.isGone(LOOK_EVERY_NANOS);
  }

  /** How a version becomes a record; null if it does not. */
  private interface Appending {
    @Nullable Pending append(Version version);
  }

  private @Nullable Begun begin(Save save, Appending appending) {
    // Made before: what is appended must be finished, or abandoned, whatever memory there is.
    Begun begun = new Begun(save.key().digest(), save.durability() == Durability.POWER_SAFE);
    begun.appended = appendUnderLock(save, appending);
    return begun.appended == null ? null : begun;
  }

  private @Nullable Pending appendUnderLock(Save save, Appending appending) {
    Pending appended = null;
    boolean done = false;
    try (KeyUpdate update = locks.acquire(root.directory(save.key().digest()))) {
      if (update.heldAcrossProcesses() && !update.broken()) {
        appended = append(update, save, appending);
      }
      done = true;
    } finally {
      if (!done && appended != null) {
        journal.revoke(appended);
      }
    }
    return appended;
  }

  private @Nullable Pending append(KeyUpdate update, Save save, Appending appending) {
    KeyDirectory directory = update.directory();
    Digest256 key = directory.key();
    KnownRuns.Known known = save.mayReplace() ? knownRuns.find(directory, save.runId()) : null;
    long byIndex = ledger.latestWrittenNanos(key);
    if (save.mayReplace() && (known == null || byIndex == 0)) {
      return null;
    }
    long written;
    try {
      written = stamps.next(directory, byIndex).toUnixNanosSaturated();
    } catch (IOException e) {
      // The files will say what it is, if it concerns them too.
      return null;
    }
    if (known != null) {
      written = Math.max(written, known.latestNanos() + 1);
      known.journalled(written);
    }
    update.beginOfRecord();
    boolean powerSafe = save.durability() == Durability.POWER_SAFE;
    return appending.append(new Version(key, save.runId(), save.attributes(), written, powerSafe));
  }
}
