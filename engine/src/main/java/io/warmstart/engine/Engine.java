package io.warmstart.engine;

import io.warmstart.access.AccessStamps;
import io.warmstart.access.CoarseClock;
import io.warmstart.access.Expiry;
import io.warmstart.evict.DryRunFlow;
import io.warmstart.evict.EntryRemoval;
import io.warmstart.evict.SweepFlow;
import io.warmstart.foreign.ForeignTouches;
import io.warmstart.foreign.ForeignWriters;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.RunIdGenerator;
import io.warmstart.index.Index;
import io.warmstart.index.RecordedIndex;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.FileOps;
import io.warmstart.io.FileSystemKind;
import io.warmstart.io.IdleDescriptors;
import io.warmstart.io.ReplacedFiles;
import io.warmstart.io.Rereads;
import io.warmstart.io.RootWatch;
import io.warmstart.io.RootedFileOps;
import io.warmstart.io.SharedFileOps;
import io.warmstart.io.SparingFileOps;
import io.warmstart.key.KeyRecount;
import io.warmstart.key.Leftovers;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.lookup.ExplainFlow;
import io.warmstart.lookup.FileLookup;
import io.warmstart.lookup.InspectFlow;
import io.warmstart.lookup.KeySnapshots;
import io.warmstart.lookup.LookupFlow;
import io.warmstart.lookup.Misfits;
import io.warmstart.pair.CaseFolding;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairRecovery;
import io.warmstart.pair.PairRemoval;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.Quarantine;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.VerifiedPayloads;
import io.warmstart.payload.PayloadCache;
import io.warmstart.policy.Limits;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.BootId;
import io.warmstart.process.Counters;
import io.warmstart.process.Placement;
import io.warmstart.process.ProcessTable;
import io.warmstart.process.Siblings;
import io.warmstart.process.StripeLocks;
import io.warmstart.recover.IndexAudit;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.RestoreFlow;
import io.warmstart.recover.RootScan;
import io.warmstart.recover.UnsettledKeys;
import io.warmstart.recover.VerifyFlow;
import io.warmstart.save.AccessStampWriter;
import io.warmstart.save.Budget;
import io.warmstart.save.KeyDirectories;
import io.warmstart.save.Publisher;
import io.warmstart.save.SaveFlow;
import io.warmstart.save.WrittenStamps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What the stores of one root share in this JVM. It makes the parts, hands each the ones that it
 * works with, and closes them; what happens, the flows say. Made by {@link EngineRegistry}, closed
 * with the last store.
 */
public final class Engine implements AutoCloseable {
  private static final int MOST_OPEN_DIRECTORIES = 512;

  /** Half of them saves: at 20 ms more than a device can sync. */
  private static final int MOST_REPLACED_FILES = 128;

  private static final long MOST_REPLACED_BYTES = 64L << 20;
  private static final long REPLACED_FILES_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final String PRODUCER = "warmstart-java 0.1";

  private final RootDirectory root;
  private final Placement place;
  private final RootWatch rootWatch;
  private final EpochNanoClock clock;
  private final Counters counters = new Counters();
  private final Siblings siblings;
  private final StripeLocks stripes;
  private final Index index;
  private final SpaceLedger records;
  private final CoarseClock ticks;
  private final ChangeAges ages;
  private final PairReader reader;
  private final PairWriter stager;
  private final Quarantine quarantine;
  private final CaseFolding caseFolding;
  private final KeyDirectories openDirectories;
  private final ReplacedFiles replaced;
  private final ForeignTouches foreignTouches;
  private final RunIdGenerator runIds;
  private final PolicyInForce policy;
  private final Expiry expiry;
  private final Leftovers leftovers;
  private final KeyRecount recount;
  private final RecoveringLocks locks;
  private final UnsettledKeys unsettled = new UnsettledKeys();
  private final RecoverFlow recoverFlow;
  private final FileLookup fileLookup;
  private final SweepFlow sweepFlow;
  private final AccessStampWriter touchFlow;
  private final VerifyFlow verifyFlow;
  private final InspectFlow inspectFlow;
  private final ExplainFlow explainFlow;
  private final IdleDescriptors idle;
  private final IdleDescriptors.Holder idleHere = this::closeIdleDescriptors;
  private final @Nullable Housekeeper housekeeper;

  /** The intervals of the stores that are open: the background goes by the shortest. */
  private final Collection<Long> foreignCheckIntervals = new ConcurrentLinkedQueue<>();

  /**
   * Opens a root.
   *
   * @param root an existing directory, by its real path
   * @throws IOException if it is to be written and this process cannot attach to it
   */
  static Engine open(
      Path root,
      Placement place,
      StoreOwner owner,
      EngineOptions options,
      PayloadCache payloadCache,
      CoarseClock ticks,
      IdleDescriptors idle)
      throws IOException {
    long boot = idle.opening(BootId::read);
    RootWatch rootWatch = new RootWatch(options.fileOps(), root, FileSystemKind.keepsNumbers(root));
    FileOps rooted =
        new RootedFileOps(
            owner.ops(), root, root.resolve(DirectoryNames.ENGINE_DIRECTORY), rootWatch);
    FileOps sparing = new SparingFileOps(rooted, idle);
    boolean shared = place.nodeLocal() || FileSystemKind.of(root) != FileSystemKind.LOCAL;
    FileOps ops = shared ? new SharedFileOps(sparing, Rereads.besideOtherMachines()) : sparing;
    return new Engine(
        new RootDirectory(ops, root),
        place,
        owner,
        options,
        payloadCache,
        ticks,
        idle,
        rootWatch,
        boot);
  }

  private Engine(
      RootDirectory root,
      Placement place,
      StoreOwner owner,
      EngineOptions options,
      PayloadCache payloads,
      CoarseClock ticks,
      IdleDescriptors idle,
      RootWatch rootWatch,
      long boot)
      throws IOException {
    boolean readOnly = options.readOnly();
    boolean remote = place.nodeLocal();
    FileOps ops = root.ops();
    this.root = root;
    this.place = place;
    this.rootWatch = rootWatch;
    this.clock = options.clock();
    this.ticks = ticks;
    this.idle = idle;
    ProcessTable registry = readOnly ? null : ProcessTable.start(place, ops, clock, boot, counters);
    this.siblings = new Siblings(registry);
    boolean opened = false;
    try {
      stripes =
          new StripeLocks(registry, counters, RecoveringLocks.TIMEOUT_NANOS, System::nanoTime);
      index =
          new Index(
              stripes,
              root.path(),
              place,
              ops,
              registry == null ? () -> boot : registry::boot,
              counters,
              payloads);
      if (readOnly) {
        index.close();
      }
      records = new SpaceLedger(index);
      ages = new ChangeAges(ops, clock, System::nanoTime);
      reader = new PairReader(ops, new VerifiedPayloads(place.racyWindow()), clock);
      stager =
          new PairWriter(
              ops, siblings::owner, new WrittenStamps(ops, records, clock), PRODUCER, !remote);
      quarantine = new Quarantine(ops, root.path().resolve(DirectoryNames.ENGINE_DIRECTORY), clock);
      caseFolding = new CaseFolding(ops, root.path());
      openDirectories =
          new KeyDirectories(ops, root.path(), () -> idle.allowance(MOST_OPEN_DIRECTORIES));
      // A network file system's client gives an open file that is replaced another name instead.
      int mostReplaced = remote ? 0 : MOST_REPLACED_FILES;
      replaced =
          new ReplacedFiles(
              options.fileOps(),
              () -> idle.allowance(mostReplaced),
              MOST_REPLACED_BYTES,
              REPLACED_FILES_WAIT_NANOS);
      foreignTouches = new ForeignTouches(ops, counters, remote);
      foreignTouches.learn(siblings.coordination().orElse(null));
      runIds = new RunIdGenerator(clock::nanoTime);
      policy = new PolicyInForce(root, stripes, ages, remote, clock);
      AccessStamps touches = new AccessStamps();
      expiry = new Expiry(root, touches, records, remote && !readOnly, clock);
      leftovers = new Leftovers(siblings::liveness, ages);
      recount = new KeyRecount(root, records, expiry, leftovers, place.racyWindow());
      ForeignWriters foreignWriters = new ForeignWriters(ops, clock, remote);
      PairRecovery recovery = new PairRecovery(ops, reader, quarantine, ages, leftovers);
      locks =
          new RecoveringLocks(
              root,
              stripes,
              recovery,
              !remote,
              index,
              records,
              recount,
              counters,
              this::ensureThreadsRun);
      recoverFlow =
          new RecoverFlow(
              root,
              locks,
              records,
              recovery,
              quarantine,
              leftovers,
              foreignWriters,
              foreignTouches,
              remote,
              counters);
      fileLookup =
          new FileLookup(
              root,
              new KeySnapshots(root, stripes, index, records, foreignTouches, place),
              reader,
              stripes,
              new Misfits(
                  root, locks, recoverFlow, foreignWriters, unsettled, remote, readOnly, counters),
              foreignWriters,
              index,
              payloads,
              expiry,
              policy,
              rootWatch,
              remote,
              readOnly,
              counters,
              clock);
      RootScan rootScan =
          new RootScan(root, stripes, records, recoverFlow, recount, quarantine, ages);
      sweepFlow =
          new SweepFlow(
              root,
              stripes,
              locks,
              records,
              rootScan,
              recoverFlow,
              new EntryRemoval(root, locks, new PairRemoval(ops, stager), expiry, remote, clock),
              quarantine,
              policy,
              expiry,
              siblings::noticeDeaths,
              counters,
              clock);
      touchFlow =
          new AccessStampWriter(
              root,
              rootWatch,
              touches,
              locks,
              records,
              stager,
              owner.other(),
              remote,
              counters,
              clock);
      verifyFlow =
          new VerifyFlow(
              root,
              locks,
              recoverFlow,
              new IndexAudit(
                  root,
                  stripes,
                  locks,
                  records,
                  new RecordedIndex(index),
                  quarantine,
                  place,
                  clock),
              policy,
              reader,
              leftovers,
              foreignWriters,
              ages,
              remote,
              readOnly);
      inspectFlow = new InspectFlow(root, recount, quarantine, expiry);
      explainFlow = new ExplainFlow(root, reader, expiry, clock);
      idle.add(idleHere);
      housekeeper =
          readOnly
              ? null
              : new Housekeeper(
                  siblings,
                  rootWatch,
                  index,
                  records,
                  rootScan,
                  recoverFlow,
                  sweepFlow,
                  touchFlow,
                  policy,
                  unsettled,
                  foreignTouches,
                  this::foreignCheckNanos,
                  remote,
                  counters);
      opened = true;
    } finally {
      if (!opened) {
        // It would hold the lock file for the life of the process, and nobody could open the root.
        siblings.close();
      }
    }
  }

  /** The root, by the real path by which it was opened. */
  public Path root() {
    return root.path();
  }

  public Placement place() {
    return place;
  }

  public RootWatch rootWatch() {
    return rootWatch;
  }

  EpochNanoClock clock() {
    return clock;
  }

  public Siblings siblings() {
    return siblings;
  }

  public PolicyInForce policy() {
    return policy;
  }

  public SpaceLedger records() {
    return records;
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

  /** The saves of one store. */
  public SaveFlow saveFlow(StoreLimits limits, long foreignCheckNanos) {
    return new SaveFlow(
        root,
        new Budget(records, root.path(), PRODUCER),
        openDirectories,
        caseFolding,
        stager,
        new Publisher(root.ops()),
        replaced,
        stripes,
        locks,
        foreignTouches,
        runIds,
        this::leaveTraces,
        counters,
        limits,
        saved -> sweepFlow.keepBudget(limits, foreignCheckNanos, saved));
  }

  /** The lookups of one store. */
  public LookupFlow lookupFlow(StoreLimits limits, long foreignCheckNanos) {
    return new LookupFlow(
        index, fileLookup, expiry, rootWatch, ticks, counters, clock, limits, foreignCheckNanos);
  }

  public SweepFlow sweepFlow() {
    return sweepFlow;
  }

  public DryRunFlow dryRun(Limits limits) {
    return new DryRunFlow(root, records, recount, quarantine, policy, expiry, clock, limits);
  }

  public RecoverFlow recoverFlow() {
    return recoverFlow;
  }

  public VerifyFlow verifyFlow() {
    return verifyFlow;
  }

  public InspectFlow inspectFlow() {
    return inspectFlow;
  }

  public ExplainFlow explainFlow() {
    return explainFlow;
  }

  public RestoreFlow restoreFlow() {
    return new RestoreFlow(
        root,
        locks,
        records,
        quarantine,
        reader,
        stager,
        openDirectories,
        caseFolding,
        leftovers,
        ages,
        expiry,
        siblings::owner,
        place.nodeLocal(),
        clock);
  }

  /** Each counter over all processes of this machine. */
  public Map<String, Long> counterSums() {
    return siblings.sums(counters);
  }

  /**
   * Writes what is noted of accesses, and closes what overwrites have replaced.
   *
   * @return how many accesses could not be written
   */
  public int flush() {
    replaced.closeAll();
    return touchFlow.run(0);
  }

  /** A store is open that looks so seldom for what others do to the files. */
  public void joined(Long foreignCheckNanos) {
    foreignCheckIntervals.add(foreignCheckNanos);
  }

  /** Such a store is closed. */
  public void left(Long foreignCheckNanos) {
    foreignCheckIntervals.remove(foreignCheckNanos);
  }

  /** As often as the store that looks most often. */
  private long foreignCheckNanos() {
    return foreignCheckIntervals.stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
  }

  /**
   * A save has failed, and with it perhaps the removal of what it had staged: sweeps are to look.
   */
  private void leaveTraces() {
    records.walkIsDue();
    siblings.leaveTraces();
  }

  private void ensureThreadsRun() {
    siblings.ensureLocksAreKept();
    if (housekeeper != null) {
      housekeeper.ensureRunning();
    }
  }

  private long closeIdleDescriptors() {
    return openDirectories.closeIdle() + replaced.closeIdle();
  }

  /** Each part whatever has become of the others; the row and the lock file last. */
  @Override
  public void close() {
    try (siblings;
        replaced;
        openDirectories;
        index) {
      try {
        if (housekeeper != null) {
          housekeeper.close();
        }
      } finally {
        idle.remove(idleHere);
        counters.carryOver(siblings.coordination().orElse(null));
      }
    }
  }
}
