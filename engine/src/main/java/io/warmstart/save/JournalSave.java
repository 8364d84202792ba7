package io.warmstart.save;

import io.warmstart.index.SpaceLedger;
import io.warmstart.io.RootWatch;
import io.warmstart.journal.Journal;
import io.warmstart.journal.Journal.Appended;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.pair.CaseFolding;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StampSource;
import java.io.IOException;

/**
 * A save into the journal: one record instead of two files.
 *
 * <ol>
 *   <li>Ask whether the journal would take it now, and whether the run's files were written by this
 *       process; if not, the save goes into files.
 *   <li>Under the key's lock tell the index that the key changes, so that no process believes what
 *       it has read of it before; take a stamp later than all that the key has; append the record.
 *   <li>If it is to survive a power cut, sync the segment, with whoever else waits for that.
 *   <li>Tell the index again, and let the lock go: from then on every lookup finds the record.
 * </ol>
 *
 * <p>What fails on the way is revoked, and the save goes into files, with a later stamp.
 */
public final class JournalSave {
  private final RootDirectory root;
  private final RootWatch rootWatch;
  private final RecoveringLocks locks;
  private final SpaceLedger ledger;
  private final CaseFolding caseFolding;
  private final StampSource stamps;
  private final KnownRuns knownRuns;
  private final Journal journal;

  public JournalSave(
      RootDirectory root,
      RootWatch rootWatch,
      RecoveringLocks locks,
      SpaceLedger ledger,
      CaseFolding caseFolding,
      StampSource stamps,
      KnownRuns knownRuns,
      Journal journal) {
    this.root = root;
    this.rootWatch = rootWatch;
    this.locks = locks;
    this.ledger = ledger;
    this.caseFolding = caseFolding;
    this.stamps = stamps;
    this.knownRuns = knownRuns;
    this.journal = journal;
  }

  /** A version of a run has gone into files, by this process. */
  void savedIntoFiles(Digest256 key, String runId) {
    knownRuns.add(key, runId);
  }

  /**
   * Saves.
   *
   * @param mayReplace whether the run may have a version already
   * @return false if the journal has not taken it: nothing was changed
   */
  boolean run(
      Digest256 key,
      String runId,
      Payload source,
      EntryAttributes attributes,
      Durability durability,
      boolean mayReplace) {
    if (!journal.takes(runId.length(), source.length())
        || !caseFolding.tellsCase()
        || rootWatch.isGone()
        || (mayReplace && !knownRuns.contains(key, runId))) {
      return false;
    }
    KeyDirectory directory = root.directory(key);
    try (KeyUpdate update = locks.acquire(directory)) {
      if (!update.heldAcrossProcesses()
          || update.broken()
          || (mayReplace && ledger.latestWrittenNanos(key) == 0)) {
        return false;
      }
      long written;
      try {
        written = stamps.next(directory).toUnixNanosSaturated();
      } catch (IOException e) {
        // The files will say what it is, if it concerns them too.
        return false;
      }
      update.begin();
      boolean powerSafe = durability == Durability.POWER_SAFE;
      Appended appended = journal.append(key, runId, source, attributes, written, powerSafe);
      if (appended == null || (powerSafe && !journal.awaitDurable(appended))) {
        return false;
      }
      journal.acknowledge(appended);
      if (!mayReplace) {
        knownRuns.add(key, runId);
      }
      return true;
    }
  }
}
