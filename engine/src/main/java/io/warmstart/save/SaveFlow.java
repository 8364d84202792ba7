package io.warmstart.save;

import io.warmstart.flight.Flight;
import io.warmstart.flight.SaveEvent;
import io.warmstart.format.RunIds;
import io.warmstart.journal.Reserved;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counters;
import java.io.IOException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A save.
 *
 * <ol>
 *   <li>Refuse what could not be kept: a payload larger than the budget.
 *   <li>If less than a pair is asked for, save into the journal: {@link JournalSave}.
 *   <li>If a pair is asked for, or the journal does not take it, save into files: {@link PairSave}.
 * </ol>
 *
 * <p>Safe for all threads.
 */
public final class SaveFlow {
  private final Budget budget;
  private final JournalSave journalSave;
  private final PairSave pairSave;
  private final RunIdGenerator runIds;
  private final Counters counters;
  private final StoreLimits limits;
  private final BiConsumer<Digest256, String> saved;

  /**
   * Makes the flow of one store.
   *
   * @param saved is told key and run id of each save that has succeeded
   */
  public SaveFlow(
      Budget budget,
      JournalSave journalSave,
      PairSave pairSave,
      RunIdGenerator runIds,
      Counters counters,
      StoreLimits limits,
      BiConsumer<Digest256, String> saved) {
    this.budget = budget;
    this.journalSave = journalSave;
    this.pairSave = pairSave;
    this.runIds = runIds;
    this.counters = counters;
    this.limits = limits;
    this.saved = saved;
  }

  /** Saves; returns when that is done. */
  public void run(Save save) {
    begin(save).finish();
  }

  /** A save under a fresh run id. */
  public Save newSave(
      Fingerprint key, Payload source, EntryAttributes attributes, Durability durability) {
    return new Save(key, runIds.next(), source, attributes, durability, false);
  }

  /** A save under a run id, in place of the version that it has. */
  public Save overwriting(
      Fingerprint key,
      String runId,
      Payload source,
      EntryAttributes attributes,
      Durability durability) {
    return new Save(key, RunIds.requireValid(runId), source, attributes, durability, true);
  }

  /**
   * A save whose payload is still to be written.
   *
   * @param inJournal where, if the journal has room now
   */
  record Room(String runId, boolean mayReplace, @Nullable Reserved inJournal) {}

  /**
   * Takes room for the payload of a save.
   *
   * @param runId null for a fresh one
   * @param length of the payload, in bytes
   * @throws PayloadTooLargeException if payload and manifest are larger than the budget
   * @throws IllegalArgumentException if the run id is none
   */
  Room reserve(
      Fingerprint key,
      @Nullable String runId,
      int length,
      EntryAttributes attributes,
      Durability durability) {
    String ofRun = runId == null ? runIds.next() : RunIds.requireValid(runId);
    budget.requireRoom(limits.now(), key, ofRun, length, attributes);
    return new Room(
        ofRun,
        runId != null,
        durability == Durability.IN_FILES ? null : journalSave.reserve(ofRun, length));
  }

  /**
   * Saves what was reserved in the journal, or into files if the journal does not take it now.
   *
   * @throws StoreException if it was not saved, and its bytes may be lost
   */
  void commit(Save save, Reserved reserved) {
    requireRoom(save);
    Begun begun = new Begun(save);
    Payload copy;
    try {
      reserved.seal();
      begun.record = journalSave.begin(save, reserved);
      if (begun.finishInJournal()) {
        return;
      }
      copy = reserved.copied();
    } catch (IOException e) {
      throw new StoreException(
          "a reserved save is lost, and nothing was changed: "
              + StoreFailures.describeWithFile(e)
              + ": key="
              + save.key().toHex()
              + " run="
              + save.runId(),
          e);
    }
    begun.saveInFiles(copy);
  }

  /** What was reserved in the journal is not saved; nothing happens if it was. */
  void abort(Reserved reserved) {
    journalSave.abort(reserved);
  }

  /**
   * Refuses what can never be saved.
   *
   * @throws PayloadTooLargeException if payload and manifest are larger than the budget
   */
  void requireRoom(Save save) {
    budget.requireRoom(
        limits.now(), save.key(), save.runId(), save.source().length(), save.attributes());
  }

  /**
   * Begins a save: appends it to the journal, if it is for the journal. It is to be finished, or
   * abandoned.
   */
  Begun begin(Save save) {
    requireRoom(save);
    Begun begun = new Begun(save);
    if (save.durability() != Durability.IN_FILES) {
      begun.record = journalSave.begin(save);
    }
    return begun;
  }

  /** A save that has begun. */
  final class Begun {
    private final Save save;
    private final @Nullable SaveEvent event = Flight.save();
    private JournalSave.@Nullable Begun record;

    private Begun(Save save) {
      this.save = save;
    }

    /** Whether the journal has taken it: then others may be appended before it is finished. */
    boolean isJournalled() {
      return record != null;
    }

    /** Returns when it is saved. */
    void finish() {
      if (!finishInJournal()) {
        saveInFiles();
      }
    }

    /** Returns whether it is saved; if not, it is for the files. */
    boolean finishInJournal() {
      JournalSave.Begun appended = record;
      record = null;
      boolean saved = appended != null && appended.finish();
      if (saved) {
        done(true);
      }
      return saved;
    }

    /** Returns when it is saved. */
    void saveInFiles() {
      saveInFiles(save.source());
    }

    private void saveInFiles(Payload source) {
      boolean remember = save.durability() != Durability.IN_FILES && journalSave.mayTakeTheNext();
      pairSave.run(save, source, remember);
      done(false);
    }

    private void done(boolean inJournal) {
      if (event != null) {
        event.over(
            save.key().toHex(),
            save.runId(),
            save.source().length(),
            save.durability().name(),
            inJournal);
      }
      counters.count(StoreCounter.SAVES);
      saved.accept(save.key().digest(), save.runId());
      if (save.mayReplace()) {
        counters.count(StoreCounter.OVERWRITES);
      }
    }

    /** It is not to be saved after all; nothing happens if it is. */
    void abandon() {
      JournalSave.Begun appended = record;
      record = null;
      if (appended != null) {
        appended.abandon();
      }
    }
  }

  /**
   * Whether a save that threw may have replaced the version before all the same, or will. Of what
   * is no StoreException, such as an OutOfMemoryError, nobody knows.
   */
  public static boolean mayHaveReplaced(Throwable failure) {
    return !(failure instanceof StoreException) || failure instanceof DurabilityUnknownException;
  }
}
