package io.warmstart.save;

import io.warmstart.format.RunIdGenerator;
import io.warmstart.format.RunIds;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;

/**
 * A save.
 *
 * <ol>
 *   <li>Refuse what could not be kept: a payload larger than the budget.
 *   <li>If less than a pair is asked for, by a store that goes by the root's budget and TTL, save
 *       into the journal: {@link JournalSave}.
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
    run(key, runId, source, attributes, durability, false);
    return runId;
  }

  /** Saves under a run id, in place of the version that it has. */
  public void overwrite(
      Fingerprint key,
      String runId,
      Payload source,
      EntryAttributes attributes,
      Durability durability) {
    run(key, RunIds.requireValid(runId), source, attributes, durability, true);
    counters.count(Counter.OVERWRITES);
  }

  private void run(
      Fingerprint key,
      String runId,
      Payload source,
      EntryAttributes attributes,
      Durability durability,
      boolean mayReplace) {
    budget.requireRoom(limits.now(), key, source.length(), attributes);
    Digest256 digest = key.digest();
    // Pairs of what lies in the journal are made by the root's limits, whoever has saved it.
    boolean inFiles = durability == Durability.IN_FILES || limits.areOwn();
    if (inFiles || !journalSave.run(digest, runId, source, attributes, durability, mayReplace)) {
      boolean remember = !inFiles && journalSave.mayTakeTheNext();
      pairSave.run(digest, runId, source, attributes, mayReplace, remember);
    }
    counters.count(Counter.SAVES);
  }

  /**
   * Whether a save that threw may have replaced the version before all the same, or will. Of what
   * is no StoreException, such as an OutOfMemoryError, nobody knows.
   */
  public static boolean mayHaveReplaced(Throwable failure) {
    return !(failure instanceof StoreException) || failure instanceof DurabilityUnknownException;
  }
}
