package io.warmstart.key;

import io.warmstart.index.Index;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.SpaceLedger;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A key whose lock this thread holds: its files may be changed, and the index learns what became of
 * them. What was read of the key before {@link #begin} is void for every process from then on, and
 * what was read before the close too. For that thread.
 */
public final class KeyUpdate implements AutoCloseable {
  private final KeyDirectory directory;
  private final StripeLocks.Hold hold;
  private final Index index;
  private final SpaceLedger ledger;
  private final KeyRecount recount;
  private final @Nullable KeyCensus census;
  private KeyCensus.@Nullable Suspended suspended;
  private boolean begun;

  KeyUpdate(
      KeyDirectory directory,
      StripeLocks.Hold hold,
      Index index,
      SpaceLedger ledger,
      KeyRecount recount,
      @Nullable KeyCensus census) {
    this.directory = directory;
    this.hold = hold;
    this.index = index;
    this.ledger = ledger;
    this.recount = recount;
    this.census = census;
  }

  public KeyDirectory directory() {
    return directory;
  }

  /** Whether the lock keeps other processes out too. */
  public boolean heldAcrossProcesses() {
    return hold.heldAcrossProcesses();
  }

  /** Whether it keeps at least the other threads of this process out. */
  public boolean heldInProcess() {
    return hold.heldInProcess();
  }

  /** Whether its last holder died, and what that one left is not mended. */
  public boolean broken() {
    return hold.broken();
  }

  /** Files of any run are about to change: who asks for the key's entries lists them after that. */
  public void begin() {
    if (census != null) {
      census.suspend(directory.key());
    }
    beginOfRecord();
  }

  /** A record of the journal is about to come or go: no file changes. */
  public void beginOfRecord() {
    if (!begun) {
      begun = true;
      index.changing(directory.key());
    }
  }

  /**
   * The files of one run are about to change, and of no other one. If the index is told what became
   * of it, it knows all entries of the key after that, if it did before: see {@link KeyCensus}.
   *
   * @param look at the directory, before anything was staged in it
   */
  public void beginOfRun(String runId, KeyCensus.Look look) {
    beginOfStamp(runId, look);
    beginOfRecord();
  }

  /** The same of a manifest that gets another access stamp: who wins stays. */
  public void beginOfStamp(String runId, KeyCensus.Look look) {
    suspended = null;
    if (census != null && hold.heldAcrossProcesses()) {
      suspended = census.suspend(directory.key(), runId, look);
    } else if (census != null) {
      census.suspend(directory.key());
    }
  }

  private void endOfRun() {
    if (census != null && suspended != null) {
      census.renew(suspended);
    }
    suspended = null;
  }

  /** An entry is about to be removed by design: a saver that finds its pair gone sees why. */
  public void countRemoval() {
    hold.countRemoval();
  }

  /** Removals under this key's stripe so far; -1 if nobody can tell. */
  public long removals() {
    return hold.removals();
  }

  /** How often entries under this key's stripe were changed; -1 if that is not known. */
  public long changes() {
    return ledger.changes(directory.key());
  }

  /** An entry was published. */
  public void published(EntryFacts entry, long replacedBytes) {
    ledger.published(hold, directory.key(), entry, replacedBytes);
    endOfRun();
  }

  /** An entry has other stamps than were recorded, or has grown. */
  public void restamped(EntryFacts entry, long grownBytes) {
    ledger.restamped(hold, directory.key(), entry, grownBytes);
    endOfRun();
  }

  /** An entry was removed. */
  public void removed(String runId, long bytes) {
    ledger.removed(hold, directory.key(), runId, bytes);
    endOfRun();
  }

  /** An entry that was recorded is not there. */
  public void absent(RecordedEntry entry) {
    ledger.absent(hold, entry);
  }

  /** The directory was removed. */
  public void vanished() {
    ledger.vanished(hold, directory.key());
  }

  /**
   * Counts the key's files after a change, and records what is there; without the lock, neither.
   */
  public KeyRecount.Found recount() throws IOException {
    if (!hold.heldAcrossProcesses()) {
      ledger.doubt();
    }
    return recount.run(hold, directory);
  }

  @Override
  public void close() {
    try {
      if (begun) {
        index.changed(directory.key());
      }
    } finally {
      hold.close();
    }
  }
}
