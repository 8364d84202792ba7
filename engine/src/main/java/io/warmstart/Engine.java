package io.warmstart;

import io.warmstart.entry.CaseFolding;
import io.warmstart.entry.ChangeAges;
import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.OpenDirectories;
import io.warmstart.entry.PairReader;
import io.warmstart.entry.PairRecovery;
import io.warmstart.entry.Publisher;
import io.warmstart.entry.Quarantine;
import io.warmstart.entry.Stager;
import io.warmstart.entry.VerifiedPayloads;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.format.Manifest;
import io.warmstart.format.Owner;
import io.warmstart.format.RunIdGenerator;
import io.warmstart.format.StagedName;
import io.warmstart.format.Stamp;
import io.warmstart.index.Coordination;
import io.warmstart.index.Counter;
import io.warmstart.index.Counters;
import io.warmstart.index.DirectoryIndex;
import io.warmstart.index.EntryIndex;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.ProcessRegistry;
import io.warmstart.index.RootRecords;
import io.warmstart.index.SharedIndex;
import io.warmstart.index.SharedPlace;
import io.warmstart.io.FileOps;
import io.warmstart.io.IdleDescriptors;
import io.warmstart.io.ReplacedFiles;
import io.warmstart.io.Rereads;
import io.warmstart.io.RootGoneException;
import io.warmstart.io.RootWatch;
import io.warmstart.io.RootedFileOps;
import io.warmstart.io.SharedFileOps;
import io.warmstart.io.SparingFileOps;
import io.warmstart.payload.PayloadCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What the stores of one root share in this JVM: the parts that the flows are made of, and the
 * agent thread. Made by {@link Engines}, closed with the last store.
 */
final class Engine implements AutoCloseable {
  static final String DIRECTORY_NAME = ".warmstart";
  private static final long RECOUNT_EVERY_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long LOCK_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int MOST_OPEN_DIRECTORIES = 512;

  /** Half of them saves: at 20 ms more than a device can sync. */
  private static final int MOST_REPLACED_FILES = 128;

  private static final long MOST_REPLACED_BYTES = 64L << 20;
  private static final long REPLACED_FILES_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  static final String PRODUCER = "warmstart-java 0.1";

  final Path root;
  final SharedPlace place;
  final FileOps ops;

  /** Those of the options, by which an engine is told from another. */
  final FileOps givenOps;

  /** Whether the root's name still leads to the directory that was opened. */
  final RootWatch rootWatch;

  /** Whether the store is another user's: then no manifest is rewritten only to tell of a hit. */
  final boolean ofOtherUser;

  final EpochNanoClock clock;
  final Counters counters;
  final EntryIndex index;
  final @Nullable SharedIndex sharedIndex;
  private final @Nullable RootRecords records;
  final Stager stager;
  final Publisher publisher;
  final CaseFolding caseFolding;
  final PairReader reader;
  final ChangeAges ages;
  final PairRecovery recovery;

  final Quarantine quarantine;
  final PolicyInForce policy;

  /** The stores that are open: what concerns one of them concerns the background by this alone. */
  final Collection<StoreOptions> openStores = new ConcurrentLinkedQueue<>();

  final OpenDirectories openDirectories;
  final ReplacedFiles replaced;
  final ForeignTouches foreignTouches;
  final PendingTouches touches;
  final UnsettledKeys unsettled = new UnsettledKeys();
  final RunIdGenerator runIds;
  final KeyLocks locks;
  final PayloadCache payloads;
  final TickingClock ticks;

  /** Held while noted hits are carried into manifests: see {@link TouchFlow}. */
  final Object writingTouches = new Object();

  /** Two walks at once would only do the same twice. */
  final Object walking = new Object();

  private final @Nullable ProcessRegistry registry;
  private final IdleDescriptors idle;
  private final IdleDescriptors.Holder idleHere = this::closeIdleDescriptors;
  private final @Nullable Agent agent;
  private long lastStampNanos;

  /** Under {@link #walking}. */
  private long recountDueAtNanos = System.nanoTime();

  /**
   * Opens a root.
   *
   * @param root an existing directory, by its real path
   * @throws IOException if it is to be written and this process cannot attach to it
   */
  static Engine open(
      Path root,
      SharedPlace place,
      StoreOwner owner,
      StoreOptions options,
      PayloadCache payloadCache,
      TickingClock ticks,
      IdleDescriptors idle)
      throws IOException {
    long boot = idle.opening(BootId::read);
    RootWatch rootWatch = new RootWatch(options.fileOps(), root, FileSystemKind.keepsNumbers(root));
    FileOps rooted = new RootedFileOps(owner.ops(), root, root.resolve(DIRECTORY_NAME), rootWatch);
    FileOps sparing = new SparingFileOps(rooted, idle);
    boolean shared = place.nodeLocal() || FileSystemKind.of(root) != FileSystemKind.LOCAL;
    FileOps ops = shared ? new SharedFileOps(sparing, Rereads.besideOtherMachines()) : sparing;
    Counters counters = new Counters();
    ProcessRegistry registry =
        options.readOnly()
            ? null
            : ProcessRegistry.start(place, ops, options.clock(), boot, counters);
    boolean opened = false;
    try {
      Engine engine =
          new Engine(
              root,
              place,
              owner,
              options,
              payloadCache,
              ticks,
              idle,
              rootWatch,
              ops,
              counters,
              registry);
      opened = true;
      return engine;
    } finally {
      if (!opened && registry != null) {
        // It would hold the lock file for the life of the process, and nobody could open the root.
        registry.close();
      }
    }
  }

  private Engine(
      Path root,
      SharedPlace place,
      StoreOwner owner,
      StoreOptions options,
      PayloadCache payloadCache,
      TickingClock ticks,
      IdleDescriptors idle,
      RootWatch rootWatch,
      FileOps ops,
      Counters counters,
      @Nullable ProcessRegistry registry) {
    this.root = root;
    this.place = place;
    this.givenOps = options.fileOps();
    this.idle = idle;
    this.rootWatch = rootWatch;
    this.ops = ops;
    this.ofOtherUser = owner.other();
    this.clock = options.clock();
    this.counters = counters;
    this.payloads = payloadCache;
    this.ticks = ticks;
    this.registry = registry;
    this.locks = new KeyLocks(registry, counters, LOCK_TIMEOUT_NANOS, System::nanoTime);
    this.sharedIndex =
        registry == null
            ? null
            : new SharedIndex(locks, root, place, ops, registry::boot, counters, payloadCache);
    this.records = sharedIndex == null ? null : new RootRecords(sharedIndex);
    this.index = sharedIndex == null ? new DirectoryIndex() : sharedIndex;
    this.stager = new Stager(ops, this::owner, this::writtenStamp, PRODUCER, !place.nodeLocal());
    this.publisher = new Publisher(ops);
    this.caseFolding = new CaseFolding(ops, root);
    this.foreignTouches = new ForeignTouches(ops, counters, besideOtherMachines());
    foreignTouches.learn(coordination().orElse(null));
    this.reader = new PairReader(ops, new VerifiedPayloads(place.racyWindow()), clock);
    this.quarantine = new Quarantine(ops, root.resolve(DIRECTORY_NAME), clock);
    this.ages = new ChangeAges(ops, clock, System::nanoTime);
    this.recovery =
        new PairRecovery(
            ops,
            reader,
            quarantine,
            ages,
            (directory, staged) -> RecoverFlow.isGone(this, directory, staged));
    this.policy = new PolicyInForce(this);
    this.openDirectories =
        new OpenDirectories(ops, root, () -> idle.allowance(MOST_OPEN_DIRECTORIES));
    // A network file system's client gives an open file that is replaced another name instead.
    int mostReplaced = place.nodeLocal() ? 0 : MOST_REPLACED_FILES;
    this.replaced =
        new ReplacedFiles(
            givenOps,
            () -> idle.allowance(mostReplaced),
            MOST_REPLACED_BYTES,
            REPLACED_FILES_WAIT_NANOS);
    idle.add(idleHere);
    this.touches = new PendingTouches();
    this.runIds = new RunIdGenerator(clock::nanoTime);
    this.agent = options.readOnly() ? null : new Agent(this);
  }

  /**
   * For what is no hot path: refuses to go on where the root is gone.
   *
   * @throws StoreException if it is
   */
  void requireRoot(String what) {
    try {
      rootWatch.require();
    } catch (RootGoneException e) {
      throw StoreFailures.ofReading(what, root, e);
    }
  }

  /** Whether this process may change the root. */
  boolean readOnly() {
    return registry == null;
  }

  /** Whether machines work on the root that share neither locks nor memory with this one. */
  boolean besideOtherMachines() {
    return place.nodeLocal();
  }

  /**
   * The manifest with the last use that this machine knows of: what expiry and the eviction order
   * go by. Beside other machines no manifest tells of an access, and the index does.
   */
  Manifest withKnownUse(Digest256 key, Candidate candidate) {
    Manifest noted = touches.withNoted(key, candidate);
    if (!besideOtherMachines() || readOnly()) {
      return noted;
    }
    // One before the write was a use of the version before.
    long accessed = records().accessedNanos(key, candidate.runId());
    return accessed > noted.lastUse().toUnixNanosSaturated()
        ? noted.withAccess(Stamp.ofUnixNanos(accessed))
        : noted;
  }

  /**
   * How seldom the stores of this process look for what others do to the files: as often as the one
   * that looks most often.
   */
  long foreignCheckNanos() {
    long interval = Long.MAX_VALUE;
    for (StoreOptions options : openStores) {
      interval = Math.min(interval, options.foreignCheckNanos());
    }
    return interval;
  }

  /** What is known of all entries together; only for those who may change the root. */
  RootRecords records() {
    return Objects.requireNonNull(records);
  }

  /**
   * Whether the stripes' bytes are to be summed up again although the total is known: once a minute
   * of this process. To be called under {@link #walking}, by whoever does it then.
   */
  boolean isRecountDue() {
    long now = System.nanoTime();
    boolean due = now - recountDueAtNanos >= 0;
    if (due) {
      recountDueAtNanos = now + RECOUNT_EVERY_NANOS;
    }
    return due;
  }

  KeyDirectory directory(Digest256 key) {
    return KeyDirectory.of(root, key);
  }

  /** What the processes on this machine share, if it is to be had now. */
  Optional<Coordination> coordination() {
    return registry == null ? Optional.empty() : Optional.ofNullable(registry.current());
  }

  /**
   * A save has failed, and with it perhaps the removal of what it had staged: sweeps are to look.
   */
  void leaveTraces() {
    records().walkIsDue();
    if (registry != null) {
      registry.leaveTraces();
    }
  }

  /** Whether a process has died on this root that nobody has noticed before. */
  boolean noticeDeaths() {
    return registry != null && registry.noticeDeaths();
  }

  int liveProcesses() {
    return registry == null ? 0 : registry.liveProcesses();
  }

  ProcessRegistry.Liveness liveness(StagedName staged) {
    return registry == null ? ProcessRegistry.Liveness.ALIVE : registry.liveness(staged.owner());
  }

  /**
   * Takes the lock of a key, and mends what its last owner has left if it died holding it: nobody
   * may use the key before.
   */
  KeyLocks.Hold lock(KeyDirectory directory) {
    return lock(directory, LOCK_TIMEOUT_NANOS);
  }

  /** The same, waiting no longer than this for a holder that does not come to its end. */
  KeyLocks.Hold lock(KeyDirectory directory, long patienceNanos) {
    ensureThreadsRun();
    KeyLocks.Hold hold = locks.acquireWithin(directory.key(), patienceNanos);
    if (hold.broken()) {
      try {
        repair(hold);
        hold.announce(directory.key());
      } catch (IOException e) {
        // The dead owner's key may lie in a directory that cannot be read. The next holder tries
        // again, and every reader of that key comes to the same repair; this caller's own key need
        // not wait for it.
        counters.count(Counter.SWEEP_FAILURES);
      } catch (RuntimeException | Error e) {
        hold.close();
        throw e;
      }
    }
    return hold;
  }

  /** Starts what runs in the background if it does not run: where there was no thread to be had. */
  private void ensureThreadsRun() {
    ensureLocksAreKept();
    if (agent != null) {
      agent.ensureRunning();
    }
  }

  /** The same of the thread that keeps this process's locks. */
  void ensureLocksAreKept() {
    if (registry != null) {
      registry.ensureRunning();
    }
  }

  /** Closes the lock file if its name no longer leads to it: where the root was moved. */
  void letGoOfLocks() {
    if (registry != null) {
      registry.closeIfReplaced();
    }
  }

  private void repair(KeyLocks.Hold hold) throws IOException {
    records().recount(hold);
    Digest256 key = hold.brokenIntent();
    if (key == null) {
      // It says that somebody has died, and not over which key: they must all be looked at.
      records().doubt();
      return;
    }
    KeyDirectory directory = directory(key);
    index.changing(directory);
    try {
      // What another machine has half published looks the same: readers and sweeps wait that out
      // before they complete anything, which nobody can who holds a lock. But what this machine's
      // dead have staged must be out of the way before the run is saved again: else another
      // machine, which has just seen that it fits, would rename it over the new manifest.
      int mended = recovery.recoverKey(directory, hold.shared() && !besideOtherMachines());
      counters.count(Counter.ROLLED_FORWARD, mended);
    } finally {
      index.changed(directory);
    }
    KeyCount.under(this, hold, directory);
  }

  /**
   * The moment of a write. Two writes of this process never have the same one, nor does a clock
   * that is set back by less than a second reorder them.
   */
  private synchronized Stamp writtenStamp() {
    long now = clock.nanoTime();
    if (now <= lastStampNanos && lastStampNanos - now < TimeUnit.SECONDS.toNanos(1)) {
      now = lastStampNanos + 1;
    }
    lastStampNanos = now;
    return Stamp.ofUnixNanos(now);
  }

  private long closeIdleDescriptors() {
    return openDirectories.closeIdle() + replaced.closeIdle();
  }

  /** This process, as the names of what it stages tell it. */
  Owner owner() {
    return coordination()
        .map(Coordination::owner)
        // Without a row nobody can prove this process dead: its files stay until they are old.
        .orElseGet(() -> new Owner(0xffff_ffff, 0, ProcessHandle.current().pid()));
  }

  /** Each part whatever has become of the others; the row and the lock file last. */
  @Override
  public void close() {
    try (registry;
        replaced;
        openDirectories;
        sharedIndex) {
      try {
        if (agent != null) {
          agent.close();
        }
      } finally {
        idle.remove(idleHere);
        counters.carryOver(coordination().orElse(null));
      }
    }
  }
}
