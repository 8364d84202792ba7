package io.warmstart.engine;

import io.warmstart.access.AccessStamps;
import io.warmstart.access.CoarseClock;
import io.warmstart.access.Expiry;
import io.warmstart.foreign.ForeignTouches;
import io.warmstart.foreign.ForeignWriters;
import io.warmstart.format.DirectoryNames;
import io.warmstart.index.Index;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.Readings;
import io.warmstart.index.SpaceLedger;
import io.warmstart.index.Winners;
import io.warmstart.io.FileOps;
import io.warmstart.io.FileSystemKind;
import io.warmstart.io.IdleDescriptors;
import io.warmstart.io.ReplacedFiles;
import io.warmstart.io.Rereads;
import io.warmstart.io.RootWatch;
import io.warmstart.io.RootedFileOps;
import io.warmstart.io.SharedFileOps;
import io.warmstart.io.SparingFileOps;
import io.warmstart.journal.JournalPlace;
import io.warmstart.journal.JournalView;
import io.warmstart.key.KeyRecount;
import io.warmstart.key.Leftovers;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.notice.Notices;
import io.warmstart.pair.CaseFolding;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairRecovery;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.VerifiedPayloads;
import io.warmstart.payload.PayloadCache;
import io.warmstart.policy.Labels;
import io.warmstart.policy.PinnedBytes;
import io.warmstart.policy.Pins;
import io.warmstart.process.BootId;
import io.warmstart.process.Counters;
import io.warmstart.process.Placement;
import io.warmstart.process.ProcessTable;
import io.warmstart.process.Siblings;
import io.warmstart.process.StripeLocks;
import io.warmstart.quarantine.Quarantine;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.save.KeyDirectories;
import io.warmstart.save.KnownRuns;
import io.warmstart.save.WrittenStamps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochNanoClock;

/**
 * The parts of one root, each made of those before it. {@link Engine} makes the flows of them.
 * Closed in the reverse order, the process slot and the lock file last.
 */
final class RootParts implements AutoCloseable {
  private static final int MOST_OPEN_DIRECTORIES = 512;

  /** Half of them saves: at 20 ms more than a device can sync. */
  private static final int MOST_REPLACED_FILES = 128;

  private static final long MOST_REPLACED_BYTES = 64L << 20;
  private static final long REPLACED_FILES_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  final RootDirectory root;
  final Placement place;
  final RootWatch rootWatch;
  final EpochNanoClock clock;
  final boolean readOnly;

  final Counters counters = new Counters();
  final PayloadCache payloads;
  final CoarseClock ticks;
  final Siblings siblings;
  final StripeLocks stripes;
  final Index index;
  final Winners winners;
  final Readings readings;
  final Notices notices;
  final SpaceLedger ledger;
  final KeyCensus census;
  final JournalPlace journalPlace;
  final JournalView journal;
  final WrittenStamps stamps;
  final KnownRuns knownRuns;
  final AccessStamps accessStamps = new AccessStamps();
  final ChangeAges ages;
  final Pins pins;
  final PinnedBytes pinnedBytes;
  final Labels labels;
  final PairReader reader;
  final PairWriter pairWriter;
  final Quarantine quarantine;
  final CaseFolding caseFolding;
  final KeyDirectories keyDirectories;
  final ReplacedFiles replaced;
  final ForeignTouches foreignTouches;
  final ForeignWriters foreignWriters;
  final PairRecovery recovery;
  final Expiry expiry;
  final Leftovers leftovers;
  final KeyRecount recount;
  final RecoveringLocks locks;
  private final IdleDescriptors idle;
  private final IdleDescriptors.Holder idleHere = this::closeIdleDescriptors;

  /**
   * Makes the parts of a root.
   *
   * @param path of an existing directory, its real one
   * @param budgetBytes the root's budget
   * @param ensureThreadsRun starts what runs in the background if it does not run
   * @throws IOException if it is to be written and this process cannot attach to it
   */
  RootParts(
      Path path,
      Placement place,
      StoreOwner owner,
      EngineOptions options,
      Notices notices,
      PayloadCache payloads,
      CoarseClock ticks,
      IdleDescriptors idle,
      LongSupplier budgetBytes,
      Runnable ensureThreadsRun)
      throws IOException {
    this.place = place;
    this.clock = options.clock();
    this.readOnly = options.readOnly();
    this.notices = notices;
    this.payloads = payloads;
    this.ticks = ticks;
    this.idle = idle;
    long boot = idle.opening(BootId::read);
    rootWatch = new RootWatch(options.fileOps(), path, FileSystemKind.keepsNumbers(path));
    FileOps rooted =
        new RootedFileOps(
            owner.ops(), path, path.resolve(DirectoryNames.ENGINE_DIRECTORY), rootWatch);
    FileOps sparing = new SparingFileOps(rooted, idle);
    FileOps ops =
        place.shared() ? new SharedFileOps(sparing, Rereads.besideOtherMachines()) : sparing;
    root = new RootDirectory(ops, path);
    ProcessTable processTable =
        readOnly ? null : ProcessTable.start(place, ops, clock, boot, notices, counters);
    siblings = new Siblings(processTable, boot);
    boolean made = false;
    try {
      stripes =
          new StripeLocks(processTable, counters, RecoveringLocks.TIMEOUT_NANOS, System::nanoTime);
      index =
          new Index(
              stripes, path, place, ops, siblings::boot, notices, counters, payloads, readOnly);
      winners = new Winners(index, payloads);
      readings = new Readings(index, payloads);
      ledger = new SpaceLedger(index);
      census = new KeyCensus(index);
      foreignTouches = new ForeignTouches(ops, counters);
      foreignTouches.learn(siblings.controlFile().orElse(null));
      journalPlace =
          new JournalPlace(
              root,
              place,
              siblings,
              index,
              budgetBytes,
              foreignTouches::areNear,
              readOnly,
              clock,
              notices);
      journal = new JournalView(journalPlace);
      stamps = new WrittenStamps(ops, ledger, journal, clock);
      knownRuns = new KnownRuns(ops);
      ages = new ChangeAges(ops, clock, System::nanoTime);
      reader = new PairReader(ops, new VerifiedPayloads(place.racyWindow()), clock);
      pairWriter = new PairWriter(ops, siblings::owner);
      quarantine =
          new Quarantine(ops, path.resolve(DirectoryNames.ENGINE_DIRECTORY), notices, clock);
      caseFolding = new CaseFolding(ops, path);
      keyDirectories =
          new KeyDirectories(
              ops, path, () -> idle.allowance(MOST_OPEN_DIRECTORIES), index::directoryMade);
      // A network file system's client gives an open file that is replaced another name instead.
      int mostReplaced = root.besideOtherMachines() ? 0 : MOST_REPLACED_FILES;
      replaced =
          new ReplacedFiles(
              options.fileOps(),
              () -> idle.allowance(mostReplaced),
              MOST_REPLACED_BYTES,
              REPLACED_FILES_WAIT_NANOS);
      pins = new Pins(ops, path, place.racyWindow());
      labels = new Labels(ops, path, ages);
      pinnedBytes = new PinnedBytes(root, ledger, pins);
      boolean accessesInIndex = root.besideOtherMachines() && !readOnly;
      expiry = new Expiry(root, accessStamps, ledger, pins, accessesInIndex, clock);
      leftovers = new Leftovers(siblings::liveness, ages);
      recount = new KeyRecount(root, ledger, census, expiry, leftovers, place.racyWindow());
      foreignWriters = new ForeignWriters(ops, clock);
      recovery = new PairRecovery(ops, reader, quarantine, ages, leftovers);
      locks =
          new RecoveringLocks(
              root, stripes, recovery, index, ledger, recount, census, counters, ensureThreadsRun);
      idle.add(idleHere);
      made = true;
    } finally {
      if (!made) {
        // It would hold the lock file for the life of the process, and nobody could open the root.
        siblings.close();
      }
    }
  }

  RecoverFlow recoverFlow() {
    return new RecoverFlow(
        root,
        locks,
        ledger,
        recovery,
        quarantine,
        leftovers,
        foreignWriters,
        foreignTouches,
        counters);
  }

  private long closeIdleDescriptors() {
    return keyDirectories.closeIdle() + replaced.closeIdle();
  }

  @Override
  public void close() {
    try (siblings;
        stripes;
        replaced;
        keyDirectories;
        index;
        journal) {
      idle.remove(idleHere);
      counters.carryOver(siblings.controlFile().orElse(null));
    }
  }
}
