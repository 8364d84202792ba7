package io.warmstart.engine;

import io.warmstart.access.CoarseClock;
import io.warmstart.evict.DryRunFlow;
import io.warmstart.evict.EntryRemoval;
import io.warmstart.evict.PinFlow;
import io.warmstart.evict.RemoveFlow;
import io.warmstart.evict.SweepFlow;
import io.warmstart.foreign.ForeignCheck;
import io.warmstart.format.RunIdGenerator;
import io.warmstart.index.AbsentKeys;
import io.warmstart.index.HotEntry;
import io.warmstart.index.Lookout;
import io.warmstart.index.RecordedIndex;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.IdleDescriptors;
import io.warmstart.io.RootWatch;
import io.warmstart.journal.Adoption;
import io.warmstart.journal.Journal;
import io.warmstart.key.LabelFlow;
import io.warmstart.lookup.CensusTaker;
import io.warmstart.lookup.ExplainFlow;
import io.warmstart.lookup.FileLookup;
import io.warmstart.lookup.InspectFlow;
import io.warmstart.lookup.KeySnapshots;
import io.warmstart.lookup.LookupFlow;
import io.warmstart.lookup.Misfits;
import io.warmstart.lookup.RecordedLookup;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.PairRemoval;
import io.warmstart.pair.StoreFailures;
import io.warmstart.payload.PayloadCache;
import io.warmstart.policy.Limits;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.Pins;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Placement;
import io.warmstart.process.Siblings;
import io.warmstart.recover.IndexAudit;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.RestoreFlow;
import io.warmstart.recover.RestorePublisher;
import io.warmstart.recover.RootScan;
import io.warmstart.recover.UnsettledKeys;
import io.warmstart.recover.VerifyFlow;
import io.warmstart.remote.LocalEntries;
import io.warmstart.save.AccessStampWriter;
import io.warmstart.save.AsyncSaves;
import io.warmstart.save.Budget;
import io.warmstart.save.JournalSave;
import io.warmstart.save.PairSave;
import io.warmstart.save.Publisher;
import io.warmstart.save.SaveFlow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
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
  private final RunIdGenerator runIds;
  private final PolicyInForce policy;
  private final UnsettledKeys unsettled = new UnsettledKeys();
  private final RecoverFlow recoverFlow;
  private final FileLookup fileLookup;
  private final SweepFlow sweepFlow;
  private final RemoveFlow removeFlow;
  private final AccessStampWriter accessStampWriter;
  private final VerifyFlow verifyFlow;
  private final Journal journal;
  private final Adoption adoption;
  private final AsyncSaves asyncSaves;
  private final @Nullable Housekeeper housekeeper;

  /** The intervals of the stores that are open: the background goes by the shortest. */
  private final Collection<ForeignCheck> foreignChecks = new ConcurrentLinkedQueue<>();

  private final Lookout lookout;
  private final AbsentKeys absentKeys;

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
      PayloadCache payloads,
      CoarseClock ticks,
      IdleDescriptors idle)
      throws IOException {
    parts =
        RootParts.open(
            root,
            place,
            owner,
            options,
            payloads,
            ticks,
            idle,
            this::budgetBytes,
            this::ensureThreadsRun);
    boolean opened = false;
    asyncSaves = new AsyncSaves(parts.notices);
    try {
      runIds = new RunIdGenerator(parts.clock::nanoTime);
      policy = new PolicyInForce(parts.root, parts.stripes, parts.ages, parts.remote, parts.clock);
      recoverFlow =
          new RecoverFlow(
              parts.root,
              parts.locks,
              parts.ledger,
              parts.recovery,
              parts.quarantine,
              parts.leftovers,
              parts.foreignWriters,
              parts.foreignTouches,
              parts.remote,
              parts.counters);
      lookout =
          new Lookout(
              parts.index,
              this::lookNanos,
              parts.clock,
              this::used,
              parts.readOnly ? this::beat : () -> {});
      absentKeys = new AbsentKeys(parts.index, parts.root, parts.journal::keys);
      fileLookup =
          new FileLookup(
              parts.root,
              new RecordedLookup(
                  parts.root.ops(),
                  parts.index,
                  parts.census,
                  parts.stripes,
                  parts.journal,
                  parts.reader,
                  parts.expiry,
                  parts.foreignTouches,
                  RootParts.PRODUCER),
              new KeySnapshots(
                  parts.root,
                  parts.stripes,
                  parts.index,
                  parts.ledger,
                  parts.foreignTouches,
                  parts.journal,
                  parts.place,
                  new CensusTaker(
                      parts.root.ops(),
                      parts.stripes,
                      parts.index,
                      parts.ledger,
                      parts.census,
                      parts.expiry,
                      parts.foreignTouches)),
              parts.reader,
              parts.stripes,
              new Misfits(
                  parts.root,
                  parts.locks,
                  recoverFlow,
                  parts.foreignWriters,
                  unsettled,
                  parts.remote,
                  parts.readOnly,
                  parts.counters),
              parts.journal,
              RootParts.PRODUCER,
              parts.foreignWriters,
              parts.index,
              parts.payloads,
              parts.expiry,
              policy,
              parts.rootWatch,
              parts.remote,
              parts.readOnly,
              parts.counters,
              parts.clock);
      RootScan rootScan =
          new RootScan(
              parts.root,
              parts.stripes,
              parts.ledger,
              recoverFlow,
              parts.recount,
              parts.quarantine,
              parts.ages);
      EntryRemoval removal =
          new EntryRemoval(
              parts.root,
              parts.locks,
              new PairRemoval(parts.root.ops(), parts.pairWriter),
              parts.expiry,
              parts.pins,
              parts.journal,
              parts.remote,
              parts.clock);
      removeFlow = new RemoveFlow(parts.root, removal, parts.journal, parts.pins, this::settle);
      sweepFlow =
          new SweepFlow(
              parts.root,
              parts.stripes,
              parts.locks,
              parts.ledger,
              rootScan,
              recoverFlow,
              removal,
              parts.quarantine,
              policy,
              parts.pins,
              parts.expiry,
              labelFlow(),
              parts.siblings::noticeDeaths,
              parts.notices,
              parts.counters,
              parts.clock);
      accessStampWriter =
          new AccessStampWriter(
              parts.root,
              parts.rootWatch,
              parts.touches,
              parts.locks,
              parts.ledger,
              parts.pairWriter,
              owner.other(),
              parts.remote,
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
              parts.remote,
              parts.readOnly);
      PairSave pairs = pairSave(new StoreLimits(policy, NamedLimits.NONE), this::foreignCheckNanos);
      journal = new Journal(parts.journalPlace, pairs::makePair, parts.notices, parts.counters);
      adoption = new Adoption(parts.journalPlace, parts.journal, pairs::makePair, parts.counters);
      housekeeper =
          parts.readOnly
              ? null
              : new Housekeeper(
                  parts.siblings,
                  parts.rootWatch,
                  parts.index,
                  absentKeys,
                  parts.ledger,
                  rootScan,
                  recoverFlow,
                  sweepFlow,
                  accessStampWriter,
                  policy,
                  parts.pinnedBytes,
                  unsettled,
                  parts.foreignTouches,
                  adoption,
                  this::foreignCheckNanos,
                  parts.remote,
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
    return unsettled;
  }

  /** Whether this process may not change the root. */
  public boolean readOnly() {
    return housekeeper == null;
  }

  public String freshRunId() {
    return runIds.next();
  }

  /**
   * The saves of one store.
   *
   * @param saved is told key and run id of each that has succeeded
   */
  public SaveFlow saveFlow(
      StoreLimits limits, long foreignCheckNanos, BiConsumer<Digest256, String> saved) {
    return new SaveFlow(
        new Budget(parts.ledger, parts.pinnedBytes, parts.root.path(), RootParts.PRODUCER),
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

  private PairSave pairSave(StoreLimits limits, LongSupplier foreignCheck) {
    return new PairSave(
        parts.root,
        parts.keyDirectories,
        parts.caseFolding,
        parts.pairWriter,
        new Publisher(parts.root.ops()),
        parts.replaced,
        parts.stripes,
        parts.locks,
        parts.foreignTouches,
        parts.stamps,
        parts.knownRuns,
        this::leaveTraces,
        parts.notices,
        parts.counters,
        saved -> sweepFlow.keepBudget(limits, foreignCheck.getAsLong(), saved));
  }

  /** The saves in the background of all stores. */
  public AsyncSaves asyncSaves() {
    return asyncSaves;
  }

  /** The lookups of one store. */
  public LookupFlow lookupFlow(StoreLimits limits, ForeignCheck foreignCheck) {
    return new LookupFlow(
        parts.index,
        absentKeys,
        fileLookup,
        parts.expiry,
        parts.rootWatch,
        parts.ticks,
        parts.counters,
        parts.clock,
        limits,
        foreignCheck,
        parts.foreignTouches,
        lookout,
        readOnly());
  }

  /** The root as a remote of one store sees it; for the caller to close. */
  public LocalEntries localEntries(StoreLimits limits, long foreignCheckNanos) {
    return new LocalEntries(
        parts.root,
        parts.reader,
        pairSave(limits, () -> foreignCheckNanos),
        parts.journal,
        parts.ages,
        journal::flush,
        this::settleOwnAndLeft,
        parts.touches,
        limits,
        parts.clock);
  }

  public RemoveFlow removeFlow() {
    return removeFlow;
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
    return sweepFlow;
  }

  public DryRunFlow dryRun(Limits limits) {
    return new DryRunFlow(
        parts.root,
        parts.ledger,
        parts.recount,
        parts.quarantine,
        policy,
        parts.pins,
        parts.expiry,
        parts.clock,
        limits);
  }

  public RecoverFlow recoverFlow() {
    return recoverFlow;
  }

  public VerifyFlow verifyFlow() {
    return verifyFlow;
  }

  public InspectFlow inspectFlow() {
    return new InspectFlow(
        parts.root, parts.recount, parts.quarantine, parts.expiry, parts.pins, parts.labels);
  }

  public ExplainFlow explainFlow() {
    return new ExplainFlow(parts.root, parts.reader, parts.expiry, parts.clock);
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
            parts.remote,
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

  /**
   * Has everything that was saved become pairs, here and in the other processes of this machine: so
   * that who reads files alone sees it. What could not be made into pairs stays in the journal.
   */
  public void settle() {
    if (readOnly()) {
      return;
    }
    settleOwn();
    try {
      adoption.runToEnd();
      if (!journal.awaitOthers(parts.journal)) {
        // One of those may have died instead.
        adoption.runToEnd();
        tellUnsettled("a process has made no pairs of what it has saved: root=" + root(), null);
      }
    } catch (IOException | StoreException e) {
      tellUnsettled("not all that others have saved is in files: root=" + root(), e);
    }
  }

  /**
   * The same of what this process has saved, and of what the dead have left; what cannot be made
   * into pairs is thrown.
   */
  private void settleOwnAndLeft() {
    journal.flush();
    try {
      adoption.runToEnd();
    } catch (IOException e) {
      throw StoreFailures.ofWriting("not all that the dead have saved is in files", root(), e);
    }
  }

  /** The same of what this process has saved: what others have in the journal no sweep removes. */
  public void settleOwn() {
    try {
      journal.flush();
    } catch (StoreException e) {
      tellUnsettled("not all that was saved is in files: root=" + root(), e);
    }
  }

  private void tellUnsettled(String what, @Nullable Exception because) {
    parts.notices.troubleAgain(Kind.JOURNALLED_SAVES, what, because);
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
    asyncSaves.await();
    try {
      journal.flush();
    } finally {
      parts.replaced.closeAll();
      lookout.tellUses();
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

  /** A store is open that looks so seldom for what others do to the files. */
  public void joined(ForeignCheck foreignCheck) {
    foreignChecks.add(foreignCheck);
  }

  /** Such a store is closed. */
  public void left(ForeignCheck foreignCheck) {
    foreignChecks.remove(foreignCheck);
  }

  /** As often as the store that looks most often. */
  private long foreignCheckNanos() {
    return foreignChecks.stream().mapToLong(ForeignCheck::nanos).min().orElse(Long.MAX_VALUE);
  }

  /** The same in the background, of those that have it look there. */
  private long lookNanos() {
    boolean near = parts.foreignTouches.haveLeftSigns();
    return foreignChecks.stream()
        .filter(ForeignCheck::watches)
        .mapToLong(each -> each.lookNanos(near))
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** Of an entry that another version may have replaced since, nobody is told any more. */
  private void used(HotEntry entry, long unixNanos) {
    if (parts.index.stands(entry) && !parts.readOnly) {
      parts.index.tellUse(entry, unixNanos);
      parts.expiry.noteHit(entry.directory().key(), entry.candidate(), unixNanos);
    }
  }

  /** What the agent does where there is one. */
  private void beat() {
    parts.rootWatch.look();
    parts.index.heartbeat();
    policy.refreshIfDue();
  }

  /**
   * A save has failed, and with it perhaps the removal of what it had staged: sweeps are to look.
   */
  private void leaveTraces() {
    parts.ledger.walkIsDue();
    parts.siblings.leaveTraces();
  }

  private void ensureThreadsRun() {
    parts.siblings.ensureLocksAreKept();
    if (housekeeper != null) {
      housekeeper.ensureRunning();
    }
  }

  /** Saves, the journal and the background first; then the parts, whatever has become of them. */
  @Override
  public void close() {
    try (parts;
        housekeeper;
        lookout;
        journal) {
      asyncSaves.close();
    }
  }
}
