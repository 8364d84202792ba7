package io.warmstart.engine;

import io.warmstart.evict.SweepFlow;
import io.warmstart.foreign.ForeignChecks;
import io.warmstart.journal.Adoption;
import io.warmstart.journal.Journal;
import io.warmstart.journal.SettleFlow;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.runtime.Operations;
import io.warmstart.save.AsyncSaves;
import io.warmstart.save.Budget;
import io.warmstart.save.JournalSave;
import io.warmstart.save.NamesMadeAgain;
import io.warmstart.save.PairSave;
import io.warmstart.save.PublishFlow;
import io.warmstart.save.Publisher;
import io.warmstart.save.RunIdGenerator;
import io.warmstart.save.SaveFlow;
import java.io.IOException;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * What the saves of all stores of one root share. Closed with the saves that wait in the
 * background, and then the journal.
 */
final class SaveParts implements AutoCloseable {
  final RunIdGenerator runIds;
  final AsyncSaves asyncSaves;
  final Journal journal;
  final Adoption adoption;
  final SettleFlow settleFlow;
  private final RootParts parts;
  private final SweepFlow sweepFlow;
  private final PublishFlow publishFlow;

  SaveParts(
      RootParts parts, PolicyInForce policy, SweepFlow sweepFlow, ForeignChecks foreignChecks) {
    this.parts = parts;
    this.sweepFlow = sweepFlow;
    runIds = new RunIdGenerator(parts.clock::nanoTime);
    asyncSaves = new AsyncSaves(parts.notices);
    Publisher publisher = new Publisher(parts.root.ops());
    publishFlow =
        new PublishFlow(
            parts.caseFolding,
            parts.pairWriter,
            publisher,
            parts.replaced,
            parts.stripes,
            parts.locks,
            parts.foreignTouches,
            parts.knownRuns,
            new NamesMadeAgain(parts.root.ops(), parts.reader, parts.pairWriter, publisher),
            parts.notices,
            parts.counters);
    PairSave pairs = pairSave(new StoreLimits(policy, NamedLimits.NONE), foreignChecks::nanos);
    journal =
        new Journal(
            parts.journalPlace, parts.journal, pairs::makePair, parts.notices, parts.counters);
    adoption = new Adoption(parts.journalPlace, parts.journal, pairs::makePair, parts.counters);
    settleFlow =
        new SettleFlow(parts.root.path(), journal, adoption, parts.notices, parts.readOnly);
  }

  /** Before the first answer: see {@link Adoption#findLeft}. */
  void findLeft() {
    if (parts.readOnly) {
      return;
    }
    try {
      adoption.findLeft();
    } catch (IOException | RuntimeException | InternalError e) {
      // Adoption meets the same, and tells.
      parts.counters.count(StoreCounter.JOURNAL_FAILURES);
    }
  }

  /**
   * The saves of one store.
   *
   * @param saved is told the key of each that has succeeded
   */
  SaveFlow flow(StoreLimits limits, long foreignCheckNanos, BiConsumer<Digest256, String> saved) {
    return new SaveFlow(
        new Budget(parts.ledger, parts.pinnedBytes, parts.root.path(), parts.notices),
        new JournalSave(
            parts.root,
            parts.rootWatch,
            parts.locks,
            parts.index,
            parts.ledger,
            parts.caseFolding,
            parts.stamps,
            parts.knownRuns,
            journal),
        pairSave(limits, () -> foreignCheckNanos),
        runIds,
        parts.counters,
        limits,
        saved);
  }

  /** The saves into files of one store, or of what all have in the journal. */
  PairSave pairSave(StoreLimits limits, LongSupplier foreignCheckNanos) {
    return new PairSave(
        parts.root,
        parts.keyDirectories,
        parts.caseFolding,
        parts.pairWriter,
        parts.stamps,
        publishFlow,
        parts.replaced,
        parts.locks,
        parts.foreignTouches,
        this::leaveTraces,
        parts.notices,
        parts.counters,
        (saved, mayWait) ->
            sweepFlow.keepBudget(limits, foreignCheckNanos.getAsLong(), saved, mayWait));
  }

  /** The root as a remote of one store sees it; each step in it is one of the operations. */
  LocalEntries localEntries(StoreLimits limits, long foreignCheckNanos, Operations operations) {
    return new LocalEntries(
        parts.root,
        parts.reader,
        pairSave(limits, () -> foreignCheckNanos),
        parts.journal,
        parts.ages,
        journal::flush,
        settleFlow::runOwnAndLeft,
        parts.accessStamps,
        parts.expiry,
        parts.stripes,
        limits,
        parts.clock,
        operations);
  }

  /**
   * A save has failed, and with it perhaps the removal of what it had staged: sweeps are to look.
   */
  private void leaveTraces() {
    parts.ledger.scanIsDue();
    parts.siblings.leaveTraces();
  }

  @Override
  public void close() {
    try (journal) {
      asyncSaves.close();
    }
  }
}
