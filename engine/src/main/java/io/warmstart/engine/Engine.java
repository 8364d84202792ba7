package io.warmstart.engine;

import io.warmstart.access.CoarseClock;
import io.warmstart.evict.DryRunFlow;
import io.warmstart.evict.PinFlow;
import io.warmstart.evict.RemoveFlow;
import io.warmstart.evict.SweepFlow;
import io.warmstart.foreign.ForeignCheck;
import io.warmstart.foreign.ForeignChecks;
import io.warmstart.index.RecordedIndex;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.IdleDescriptors;
import io.warmstart.io.RootWatch;
import io.warmstart.journal.SettleFlow;
import io.warmstart.key.LabelFlow;
import io.warmstart.lookup.ExplainFlow;
import io.warmstart.lookup.InspectFlow;
import io.warmstart.lookup.LookupFlow;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.notice.Notices;
import io.warmstart.payload.PayloadCache;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Placement;
import io.warmstart.process.Siblings;
import io.warmstart.recover.IndexAudit;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.RestoreFlow;
import io.warmstart.recover.RestorePublisher;
import io.warmstart.recover.UnsettledKeys;
import io.warmstart.recover.VerifyFlow;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.runtime.Operations;
import io.warmstart.save.AccessStampWriter;
import io.warmstart.save.AsyncSaves;
import io.warmstart.save.SaveFlow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What the stores of one root share in this JVM. It makes the parts, hands each the ones that it
 * works with, and closes them; what happens, the flows say. Made by {@link EngineRegistry}, closed
 * with the last store.
 */
public final class Engine implements AutoCloseable {
  private final RootParts parts;
  private final PolicyInForce policy;
  private final RecoverFlow recoverFlow;
  private final LookupParts lookups;
  private final EvictParts evictions;
  private final AccessStampWriter accessStampWriter;
  private final VerifyFlow verifyFlow;
  private final SaveParts saves;
  private final @Nullable Housekeeper housekeeper;
  private final ForeignChecks foreignChecks;

  /**
   * Opens a root.
   *
   * @param root an existing directory, by its real path
   * @throws IOException if it is to be written and this process cannot attach to it
   */
  Engine(
      Path root,
      Placement place,
      StoreOwner owner,
      EngineOptions options,
      Notices notices,
      PayloadCache payloads,
      CoarseClock ticks,
      IdleDescriptors idle)
      throws IOException {
    parts =
        new RootParts(
            root,
            place,
            owner,
            options,
            notices,
            payloads,
            ticks,
            idle,
            this::budgetBytes,
            this::ensureThreadsRun);
    boolean opened = false;
    try {
      foreignChecks = new ForeignChecks(parts.foreignTouches);
      policy = new PolicyInForce(parts.root, parts.stripes, parts.ages, parts.notices, parts.clock);
      recoverFlow = parts.recoverFlow();
      lookups = new LookupParts(parts, policy, recoverFlow, foreignChecks);
      evictions = new EvictParts(parts, policy, recoverFlow, labelFlow(), foreignChecks);
      saves = new SaveParts(parts, policy, evictions.sweepFlow, foreignChecks);
      accessStampWriter =
          new AccessStampWriter(
              parts.root,
              parts.rootWatch,
              parts.accessStamps,
              parts.locks,
              parts.ledger,
              parts.pairWriter,
              owner.other(),
              parts.notices,
              parts.counters,
              parts.clock);
      verifyFlow =
          new VerifyFlow(
              parts.root,
              parts.locks,
              recoverFlow,
              new IndexAudit(
                  parts.root,
                  parts.stripes,
                  parts.locks,
                  parts.ledger,
                  new RecordedIndex(parts.index),
                  parts.journal,
                  parts.quarantine,
                  parts.place,
                  parts.clock),
              policy,
              parts.reader,
              parts.leftovers,
              parts.foreignWriters,
              parts.ages,
              parts.readOnly);
      saves.findLeft();
      housekeeper =
          parts.readOnly
              ? null
              : new Housekeeper(
                  parts.siblings,
                  parts.rootWatch,
                  parts.index,
                  lookups.absentKeys,
                  parts.ledger,
                  recoverFlow,
                  accessStampWriter,
                  policy,
                  parts.pinnedBytes,
                  lookups.unsettled,
                  lookups.censusRefresh,
                  parts.foreignTouches,
                  saves.adoption,
                  evictions.dueScans,
                  parts.counters);
      parts.pinnedBytes.tryRefresh();
      opened = true;
    } finally {
      if (!opened) {
        parts.close();
      }
    }
  }

  /** The root, by the real path by which it was opened. */
  public Path root() {
    return parts.root.path();
  }

  public Placement place() {
    return parts.place;
  }

  public RootWatch rootWatch() {
    return parts.rootWatch;
  }

  EpochNanoClock clock() {
    return parts.clock;
  }

  public Siblings siblings() {
    return parts.siblings;
  }

  public PolicyInForce policy() {
    return policy;
  }

  public SpaceLedger ledger() {
    return parts.ledger;
  }

  public UnsettledKeys unsettled() {
    return lookups.unsettled;
  }

  /** Whether this process may not change the root. */
  public boolean readOnly() {
    return housekeeper == null;
  }

  public String freshRunId() {
    return saves.runIds.next();
  }

  /**
   * The saves of one store.
   *
   * @param saved is told key and run id of each that has succeeded
   */
  public SaveFlow saveFlow(
      StoreLimits limits, long foreignCheckNanos, BiConsumer<Digest256, String> saved) {
    return saves.flow(limits, foreignCheckNanos, saved);
  }

  /** The saves in the background of all stores. */
  public AsyncSaves asyncSaves() {
    return saves.asyncSaves;
  }

  /** The lookups of one store. */
  public LookupFlow lookupFlow(StoreLimits limits, ForeignCheck foreignCheck) {
    return lookups.flow(limits, foreignCheck);
  }

  /** The root as a remote of one store sees it; for the caller to close before the store ends. */
  public LocalEntries localEntries(StoreLimits limits, long foreignCheckNanos) {
    return localEntries(limits, foreignCheckNanos, new Operations("the store is closed"));
  }

  /** The same for what may take longer than a store is open: each step is one of its operations. */
  public LocalEntries localEntries(
      StoreLimits limits, long foreignCheckNanos, Operations operations) {
    return saves.localEntries(limits, foreignCheckNanos, operations);
  }

  /** The removals on request of one store. */
  public RemoveFlow removeFlow(Operations operations) {
    return evictions.removeFlow(saves.settleFlow::run, operations);
  }

  public PinFlow pinFlow() {
    return new PinFlow(parts.root, parts.locks, parts.journal, parts.pins, parts.pinnedBytes);
  }

  public LabelFlow labelFlow() {
    return new LabelFlow(
        parts.root, parts.locks, parts.labels, key -> !parts.journal.entriesOf(key).isEmpty());
  }

  /** What is pinned. */
  public Pins pins() {
    return parts.pins;
  }

  public SweepFlow sweepFlow() {
    return evictions.sweepFlow;
  }

  public DryRunFlow dryRun(Limits limits) {
    return evictions.dryRun(limits);
  }

  public RecoverFlow recoverFlow() {
    return recoverFlow;
  }

  public VerifyFlow verifyFlow() {
    return verifyFlow;
  }

  public InspectFlow inspectFlow() {
    return lookups.inspectFlow();
  }

  public ExplainFlow explainFlow() {
    return lookups.explainFlow();
  }

  public RestoreFlow restoreFlow() {
    return new RestoreFlow(
        parts.root,
        parts.quarantine,
        parts.reader,
        new RestorePublisher(
            parts.root,
            parts.locks,
            parts.ledger,
            parts.quarantine,
            parts.reader,
            parts.pairWriter,
            parts.keyDirectories,
            parts.caseFolding,
            parts.leftovers,
            parts.ages,
            parts.expiry,
            parts.siblings::owner,
            parts.clock));
  }

  /** The root's bytes as all processes know them; empty if nobody does. */
  public OptionalLong knownBytes() {
    return parts.ledger.totalBytes();
  }

  /** Each counter over all processes of this machine. */
  public Map<StoreCounter, Long> counterSums() {
    return parts.siblings.sums(parts.counters);
  }

  public SettleFlow settleFlow() {
    return saves.settleFlow;
  }

  /**
   * Waits for saves in the background, makes pairs of what lies in the journal, writes what is
   * noted of accesses, and closes what overwrites have replaced.
   *
   * @return how many accesses could not be written
   * @throws StoreException if a pair could not be made
   */
  public int flush() {
    int failed = 0;
    saves.asyncSaves.await();
    try {
      saves.journal.flush();
    } finally {
      evictions.dueScans.sweepAfterOthers();
      parts.replaced.closeAll();
      lookups.lookout.tellUses();
      failed = accessStampWriter.run(0);
    }
    return failed;
  }

  /** What the root may take up, by its policy. */
  private long budgetBytes() {
    PolicyInForce current = policy;
    return current == null ? 0 : current.limits().sizeBudgetBytes();
  }

  /** A clock in nanoseconds that is inexact, may be set, and costs a hot lookup next to nothing. */
  public LongSupplier ticks() {
    return parts.ticks::unixNanos;
  }

  /** Who is told what happens in the background. */
  public Notices notices() {
    return parts.notices;
  }

  /** How often the stores that are open look for what others do to the files. */
  public ForeignChecks foreignChecks() {
    return foreignChecks;
  }

  private void ensureThreadsRun() {
    parts.siblings.ensureLocksAreKept();
    if (housekeeper != null) {
      housekeeper.ensureRunning();
    }
  }

  /** The part of closing that takes longer the larger the root is; others may join meanwhile. */
  void prepareToClose() {
    if (housekeeper != null) {
      try {
        // What lies in the journal yet may leave a sweep, too.
        saves.journal.flush();
      } finally {
        evictions.dueScans.finishWhatIsLeft();
      }
    }
  }

  /** Saves, the journal and the background first; then the parts, whatever has become of them. */
  @Override
  public void close() {
    try (parts;
        housekeeper;
        lookups) {
      saves.close();
    }
  }
}
