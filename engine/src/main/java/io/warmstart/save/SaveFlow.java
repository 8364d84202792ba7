package io.warmstart.save;

import io.warmstart.flight.Flight;
import io.warmstart.flight.SaveEvent;
import io.warmstart.format.RunIdGenerator;
import io.warmstart.format.RunIds;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.StoreException;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
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

  /** Makes the flow of one store. */
  public SaveFlow(
      Budget budget,
      JournalSave journalSave,
      PairSave pairSave,
      RunIdGenerator runIds,
      Counters counters,
      StoreLimits limits) {
    this.budget = budget;
    this.journalSave = journalSave;
    this.pairSave = pairSave;
    this.runIds = runIds;
    this.counters = counters;
    this.limits = limits;
  }

  /** Saves under a fresh run id, which it returns. */
  public String saveNew(
      Fingerprint key, Payload source, EntryAttributes attributes, Durability durability) {
    String runId = runIds.next();
    begin(new Save(key, runId, source, attributes, durability, false)).finish();
    return runId;
  }

  /** Saves under a run id, in place of the version that it has. */
  public void overwrite(
      Fingerprint key,
      String runId,
      Payload source,
      EntryAttributes attributes,
      Durability durability) {
    begin(overwriting(key, runId, source, attributes, durability)).finish();
  }

  /** A save under a fresh run id, for later. */
  public Save newSave(
      Fingerprint key, Payload source, EntryAttributes attributes, Durability durability) {
    return new Save(key, runIds.next(), source, attributes, durability, false);
  }

  /** An overwrite, for later. */
  public Save overwriting(
      Fingerprint key,
      String runId,
      Payload source,
      EntryAttributes attributes,
      Durability durability) {
    return new Save(key, RunIds.requireValid(runId), source, attributes, durability, true);
  }

  /**
   * What is to be saved.
   *
   * @param mayReplace whether the run may have a version already
   */
  public record Save(
      Fingerprint key,
      String runId,
      Payload source,
      EntryAttributes attributes,
      Durability durability,
      boolean mayReplace) {}

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
      begun.record =
          journalSave.begin(
              save.key().digest(),
              save.runId(),
              save.source(),
              save.attributes(),
              save.durability(),
              save.mayReplace());
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
      boolean remember = save.durability() != Durability.IN_FILES && journalSave.mayTakeTheNext();
      pairSave.run(
          save.key().digest(),
          save.runId(),
          save.source(),
          save.attributes(),
          save.mayReplace(),
          remember);
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
      counters.count(Counter.SAVES);
      if (save.mayReplace()) {
        counters.count(Counter.OVERWRITES);
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
