package io.warmstart.recover;

import io.warmstart.index.SpaceLedger;
import io.warmstart.io.Rereads;
import io.warmstart.key.KeyRecount;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.Digest256;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.RootDirectory;
import io.warmstart.process.StripeLocks;
import io.warmstart.quarantine.Quarantine;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * A full scan of a root: recover each key, count its files, record them in the index. A key whose
 * directory has not changed since it was last scanned costs one look at it.
 *
 * <p>Takes each key's lock in turn and no other, so savers go on meanwhile. One scan at a time in a
 * process; a caller that waited for another one takes over what that has found out.
 */
public final class RootScan {
  private static final long RECOUNT_EVERY_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Of so many entries a result tells: a few MiB. The index, where there is one, has them all. */
  private static final int MOST_TOLD = 10_000;

  private final RootDirectory root;
  private final StripeLocks stripes;
  private final SpaceLedger ledger;
  private final RecoverFlow recoverFlow;
  private final KeyRecount recount;
  private final Quarantine quarantine;
  private final ChangeAges ages;

  /** Held by the thread that scans. */
  private final ReentrantLock scanning = new ReentrantLock();

  /** Monotonic. Of the thread that scans. */
  private long recountDueAtNanos = System.nanoTime();

  public RootScan(
      RootDirectory root,
      StripeLocks stripes,
      SpaceLedger ledger,
      RecoverFlow recoverFlow,
      KeyRecount recount,
      Quarantine quarantine,
      ChangeAges ages) {
    this.root = root;
    this.stripes = stripes;
    this.ledger = ledger;
    this.recoverFlow = recoverFlow;
    this.recount = recount;
    this.quarantine = quarantine;
    this.ages = ages;
  }

  /** An entry as it was found. */
  public record FoundEntry(KeyDirectory directory, Candidate candidate, long bytes) {}

  /** What a scan has found. For the thread that has asked for it. */
  public static final class Result {
    private final List<FoundEntry> entries = new ArrayList<>();
    private final RecoverFlow.Result recovered = new RecoverFlow.Result();
    private final int mostTold;
    private long found;
    private long bytes;
    private long otherFiles;
    private long otherBytes;
    private long unreadableBytes;
    private long failures;
    private boolean ended;
    private boolean skipped;

    /** Whether a stripe could not be got, so that what was found of its keys is in no record. */
    private boolean unrecorded;

    /** Whether there are manifests that could not be read: their entries are in no record. */
    private boolean unreadable;

    private Result(int mostTold) {
      this.mostTold = mostTold;
    }

    /** The entries of the keys that were not passed over, or the first of them. */
    public List<FoundEntry> entries() {
      return entries;
    }

    /** How many entries those keys have. */
    public long found() {
      return found;
    }

    /** Whether they are more than it tells of. */
    public boolean cutShort() {
      return found > entries.size();
    }

    /** Whether it was made at all, and to its end: else it has found nothing, or not all. */
    public boolean ended() {
      return ended;
    }

    /** Whether it has passed keys over, whose bytes it knows and whose entries it does not. */
    public boolean skipped() {
      return skipped;
    }

    /** The root's bytes. */
    public long bytes() {
      return bytes;
    }

    /** How many files of the root do not count: {@link KeyListing#otherFiles}. */
    public long otherFiles() {
      return otherFiles;
    }

    /** Their bytes. */
    public long otherBytes() {
      return otherBytes;
    }

    /** What those of the root's bytes are whose key or manifest cannot be read. */
    public long unreadableBytes() {
      return unreadableBytes;
    }

    /** What was mended. */
    public RecoverFlow.Result recovered() {
      return recovered;
    }

    /** How many keys could not be looked at or mended. */
    public long failures() {
      return failures;
    }
  }

  /**
   * Scans the root.
   *
   * @param skipUnchanged whether to pass over keys that have not changed
   * @param stopped whether to end before the end, or to wait no longer for another thread's scan;
   *     what was scanned stays recorded
   */
  public Result run(boolean skipUnchanged, BooleanSupplier stopped) throws IOException {
    long came = SystemEpochNanoClock.INSTANCE.nanoTime();
    Result result = new Result(MOST_TOLD);
    while (!scanning.tryLock()) {
      if (stopped.getAsBoolean()) {
        return result;
      }
      Rereads.pause(POLL_NANOS);
    }
    try {
      // Another thread's scan has found what this one would, if it began later than this was asked
      // for: one that was under way may have passed by where something has been put meanwhile.
      long began = ledger.scanBegan();
      boolean done =
          skipUnchanged
              && began >= came
              && began <= SystemEpochNanoClock.INSTANCE.nanoTime()
              && ledger.scannedAt() != 0;
      if (!done || ledger.totalBytes().isEmpty()) {
        scan(skipUnchanged, stopped, result);
      }
    } finally {
      scanning.unlock();
    }
    return result;
  }

  /** Scans the root, passes no key over, and tells of all entries, however many they are. */
  public Result runTellingAll() throws IOException {
    Result result = new Result(Integer.MAX_VALUE);
    scanning.lock();
    try {
      scan(false, () -> false, result);
    } finally {
      scanning.unlock();
    }
    return result;
  }

  private void scan(boolean skipUnchanged, BooleanSupplier stopped, Result result)
      throws IOException {
    long began = SystemEpochNanoClock.INSTANCE.nanoTime();
    boolean recountDue = isRecountDue();
    long doubt;
    boolean unknown;
    int times = 0;
    do {
      doubt = ledger.scanBegins();
      unknown = ledger.totalBytes().isEmpty();
      if (unknown || recountDue) {
        sumUpStripes(unknown);
      }
      // Again for a doubt of another process, or if the index was given up for what it contained.
    } while (++times < 2 && ledger.scanBegins() != doubt);
    BitSet held = new BitSet(ControlLayout.KEY_STRIPES);
    List<Digest256> listed = root.keys();
    for (Digest256 key : listed) {
      if (stopped.getAsBoolean()) {
        return;
      }
      scan(root.directory(key), skipUnchanged, held, result);
    }
    for (Digest256 key : recordedBeside(listed)) {
      scan(root.directory(key), skipUnchanged, held, result);
    }
    result.ended = true;
    long quarantined = quarantine.heldBytes();
    result.bytes += quarantined;
    if (result.unrecorded && unknown) {
      // A process that was stopped holds a stripe: what lies under it was not counted.
      return;
    }
    boolean incomplete = result.unrecorded || result.unreadable || result.failures > 0;
    ledger.scanEnded(
        doubt, incomplete ? 0 : began, SystemEpochNanoClock.INSTANCE.nanoTime(), quarantined);
    if (incomplete) {
      // Nor mended, or recorded: the next sweep is to look again, and not to wait for a minute.
      ledger.scanIsDue();
    }
  }

  /** Keys that have bytes in the index, and no directory. */
  private List<Digest256> recordedBeside(List<Digest256> listed) {
    Set<Digest256> known = new HashSet<>(listed);
    List<Digest256> others = new ArrayList<>();
    ledger.forEachKey(
        key -> {
          if (!known.contains(key) && ledger.bytes(key) != 0) {
            others.add(key);
          }
        });
    return others;
  }

  /** Whether the stripes are to be summed up although the total is known: once a minute. */
  private boolean isRecountDue() {
    long now = System.nanoTime();
    boolean due = now - recountDueAtNanos >= 0;
    if (due) {
      recountDueAtNanos = now + RECOUNT_EVERY_NANOS;
    }
    return due;
  }

  /**
   * Sums up the bytes of each stripe. A process may have died, or have written without its lock, or
   * a key's slot was lost with what it counts for: the sums may be no sums. Where they are known
   * and a stripe is not free at once, the next scan will do.
   */
  private void sumUpStripes(boolean unknown) {
    for (int stripe = 0; stripe < ControlLayout.KEY_STRIPES; stripe++) {
      try (StripeLocks.Hold hold =
          unknown ? stripes.acquireForScan(stripe) : stripes.acquireBriefly(stripe)) {
        if (hold.heldAcrossProcesses() || unknown) {
          ledger.recount(hold);
        }
      }
    }
  }

  /**
   * Scans one key; what cannot be looked at is counted, and the rest goes on.
   *
   * @param held stripes that were not free: for another key of theirs the wait is a short one
   */
  private void scan(KeyDirectory directory, boolean skipUnchanged, BitSet held, Result into) {
    try {
      long unchanged = skipUnchanged ? bytesIfUnchanged(directory) : -1;
      if (unchanged > 0) {
        into.bytes += unchanged;
        into.skipped = true;
        return;
      }
      KeyRecount.Found found = count(directory, held, into);
      if (recover(directory, found.listing(), into)) {
        found = count(directory, held, into);
      }
      add(directory, found, into);
      if (found.listing().exists() && found.listing().isEmpty()) {
        removeEmptyDirectory(directory);
      }
    } catch (NoSuchFileException e) {
      forget(directory, held, into);
    } catch (IOException e) {
      fail(directory, into);
    }
  }

  /** What the index knows of it counts on, before a sweep as after it. */
  private void fail(KeyDirectory directory, Result into) {
    into.failures++;
    long bytes = ledger.bytes(directory.key());
    into.bytes += bytes;
    into.unreadableBytes += bytes;
  }

  /** A key whose directory went while it was looked at. */
  private void forget(KeyDirectory directory, BitSet held, Result into) {
    try {
      count(directory, held, into);
    } catch (IOException e) {
      fail(directory, into);
    }
  }

  private long bytesIfUnchanged(KeyDirectory directory) throws IOException {
    try {
      return ledger.bytesIfUnchanged(directory.key(), root.ops().changedNanos(directory.path()));
    } catch (NoSuchFileException e) {
      return -1;
    }
  }

  private static void add(KeyDirectory directory, KeyRecount.Found found, Result into) {
    KeyListing listing = found.listing();
    into.bytes += found.bytes();
    into.otherFiles += listing.otherFiles();
    into.otherBytes += listing.otherBytes();
    into.unreadable |= listing.suspects().stream().anyMatch(KeyListing.Suspect::unreadable);
    into.unreadableBytes += listing.unreadableBytes();
    for (Candidate candidate : listing.candidates()) {
      into.found++;
      if (into.entries.size() < into.mostTold) {
        into.entries.add(
            new FoundEntry(directory, candidate, listing.pairBytes(candidate.runId())));
      }
    }
  }

  private KeyRecount.Found count(KeyDirectory directory, BitSet held, Result into)
      throws IOException {
    int stripe = StripeLocks.stripeOf(directory.key());
    return recount.run(
        () -> {
          StripeLocks.Hold hold =
              held.get(stripe) ? stripes.acquireBriefly(stripe) : stripes.acquireForScan(stripe);
          held.set(stripe, !hold.heldAcrossProcesses());
          into.unrecorded |= !hold.heldAcrossProcesses();
          return hold;
        },
        directory);
  }

  /** Recovers a key; what cannot be mended or set aside is counted, and the rest goes on. */
  private boolean recover(KeyDirectory directory, KeyListing listing, Result into) {
    long before = into.recovered.changes();
    try {
      recoverFlow.run(directory, listing, into.recovered);
    } catch (IOException e) {
      into.failures++;
    }
    return into.recovered.changes() > before;
  }

  private void removeEmptyDirectory(KeyDirectory directory) throws IOException {
    try {
      // A younger one may be a sibling's that is about to stage in it, or that of a program which
      // unpacks a backup: it makes directories first, gives them old mtimes, and fails without
      // them.
      if (ages.isOlder(directory.path(), ChangeAges.SETTLED_NANOS)) {
        root.ops().removeDirectory(directory.path());
      }
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // Gone, or in use: a saver that loses it between making it and staging in it makes it again.
    }
  }
}
