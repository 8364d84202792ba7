package io.warmstart.remote.copy;

import io.warmstart.access.AccessStamps;
import io.warmstart.access.Expiry;
import io.warmstart.format.Manifest;
import io.warmstart.format.Run;
import io.warmstart.journal.JournalView;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.RootDirectory;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.policy.Limits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.StripeLocks;
import io.warmstart.ranking.Candidate;
import io.warmstart.runtime.Operations;
import io.warmstart.runtime.Uninterrupted.Step;
import io.warmstart.save.PairSave;
import io.warmstart.segment.JournalEntry;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntSupplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.agrona.concurrent.EpochNanoClock;

/**
 * The root, as what goes to a remote and comes from there sees it: pairs. A transfer may hang in
 * the remote while its store closes; here it then finds a closed door, and not a closed engine.
 * Nothing in here waits for a remote. Safe for all threads.
 */
public final class LocalEntries implements AutoCloseable {
  private static final Digest256 UNKNOWN = Digest256.fromHex("0".repeat(64));
  private static final long ROOM_FOR_A_MANIFEST = 1024;

  private final RootDirectory root;
  private final PairReader reader;
  private final PairSave pairs;
  private final JournalView journal;
  private final RemoteFiles files;
  private final Runnable settle;
  private final Runnable settleLeft;
  private final AccessStamps accessStamps;
  private final Expiry expiry;
  private final StripeLocks stripes;
  private final StoreLimits limits;
  private final EpochNanoClock clock;
  private final Operations operations;

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private volatile boolean closed;

  /**
   * Makes the view of one store.
   *
   * @param settle has what this process has saved become pairs
   * @param settleLeft that, and what the dead have left
   * @param operations each step in the root is one of them
   */
  public LocalEntries(
      RootDirectory root,
      PairReader reader,
      PairSave pairs,
      JournalView journal,
      ChangeAges ages,
      Runnable settle,
      Runnable settleLeft,
      AccessStamps accessStamps,
      Expiry expiry,
      StripeLocks stripes,
      StoreLimits limits,
      EpochNanoClock clock,
      Operations operations) {
    this.root = root;
    this.reader = reader;
    this.pairs = pairs;
    this.journal = journal;
    this.files = new RemoteFiles(root.ops(), ages, root.path());
    this.settle = settle;
    this.settleLeft = settleLeft;
    this.accessStamps = accessStamps;
    this.expiry = expiry;
    this.stripes = stripes;
    this.limits = limits;
    this.clock = clock;
    this.operations = operations;
  }

  /** The store has closed meanwhile: no failure, neither here nor of the remote. */
  public static final class ClosedException extends IOException {
    private static final long serialVersionUID = 1L;

    ClosedException() {
      super("the store is closed");
    }
  }

  private interface Change {
    void run() throws IOException;
  }

  private void openTo(Change change) throws ClosedException, LocalException {
    open(
        () -> {
          change.run();
          return true;
        });
  }

  private <T> T open(Step<T> step) throws ClosedException, LocalException {
    try {
      operations.begin();
    } catch (IllegalStateException e) {
      throw new ClosedException();
    }
    try {
      return openWithinOperation(step);
    } finally {
      operations.end();
    }
  }

  private <T> T openWithinOperation(Step<T> step) throws ClosedException, LocalException {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new ClosedException();
      }
      return step.run();
    } catch (ClosedException | LocalException e) {
      throw e;
    } catch (IOException | StoreException e) {
      throw new LocalException(e);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Has what this process has saved become pairs. */
  public void settle() throws IOException {
    openTo(() -> settle.run());
  }

  /** Has that, and what the dead have left in journals, become pairs. */
  public void settleLeft() throws IOException {
    openTo(() -> settleLeft.run());
  }

  /** All keys that have a directory. */
  public List<Digest256> keys() throws IOException {
    return open(root::keys);
  }

  /** The keys of entries that this process has looked up of late. */
  public Set<Digest256> keysInUse() throws IOException {
    return open(
        () ->
            accessStamps.due(0, clock.nanoTime()).stream()
                .map(each -> each.getKey())
                .map(Run::key)
                .collect(Collectors.toSet()));
  }

  /** When a key's directory last changed, unix nanoseconds; 0 if it is gone. */
  long changedNanos(Digest256 key) throws IOException {
    return open(
        () -> {
          try {
            return root.ops().changedNanos(root.directory(key).path());
          } catch (NoSuchFileException e) {
            return 0L;
          }
        });
  }

  /** The pairs of a key. */
  public List<Candidate> pairsOf(Digest256 key) throws IOException {
    return open(() -> KeyListing.forLookup(root.ops(), root.directory(key)).candidates());
  }

  /**
   * An entry that is here.
   *
   * @param mayBeHalf whether it is a manifest whose payload nobody has looked for; of what lies in
   *     a journal no checksum is known
   */
  record Here(Candidate candidate, boolean mayBeHalf) {}

  /** The same, and what lies in journals. */
  List<Here> entriesOf(Digest256 key) throws IOException {
    return open(
        () -> {
          List<Here> entries = new ArrayList<>();
          for (JournalEntry each : journal.entriesOf(key)) {
            entries.add(new Here(new Candidate(each.runId(), each.manifest(UNKNOWN)), false));
          }
          for (Candidate each :
              KeyListing.forLookup(root.ops(), root.directory(key)).candidates()) {
            entries.add(new Here(each, true));
          }
          return entries;
        });
  }

  /** Whether an entry has a payload of the right length: its manifest alone is no entry. */
  boolean isWhole(Digest256 key, Here entry) throws IOException {
    return open(() -> hasPayload(key, entry));
  }

  /** Whether lookups answer an entry: it is whole, and has not expired. */
  boolean isAnswered(Digest256 key, Here entry) throws IOException {
    return open(
        () -> hasPayload(key, entry) && !expiry.isExpired(limits.now(), key, entry.candidate()));
  }

  private boolean hasPayload(Digest256 key, Here entry) throws IOException {
    Candidate candidate = entry.candidate();
    try {
      return !entry.mayBeHalf()
          || candidate
              .manifest()
              .fitsLength(root.ops().stat(root.directory(key).payload(candidate.runId())).size());
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Reads a payload; empty if it is not the manifest's, for it may have been replaced. */
  Optional<PayloadMemory> read(Digest256 key, Candidate candidate) throws IOException {
    return open(
        () ->
            Optional.ofNullable(
                reader
                    .read(root.directory(key), candidate.runId(), candidate.manifest())
                    .memory()));
  }

  /** Whether an entry would have expired here by its manifest, or could not be kept. */
  boolean wouldNotStay(Manifest manifest) {
    Limits now = limits.now();
    boolean tooLarge =
        now.sizeBudgetBytes() > 0
            && manifest.payloadBytes() > now.budgetOver(0) - ROOM_FOR_A_MANIFEST;
    return tooLarge
        || (now.isPast(manifest.lastUse().toUnixNanosSaturated(), clock.nanoTime())
            && !now.spares(manifest));
  }

  /** Whether what was written then would have expired here, unless its manifest spares it. */
  boolean mayHaveExpired(long writtenNanos) {
    return limits.now().isPast(writtenNanos, clock.nanoTime());
  }

  /** How many removals all processes have counted of a key's stripe, and perhaps of others. */
  public long removals(Digest256 key) {
    return stripes.removals(key);
  }

  /** The same of all keys, as it is now. */
  public ToLongFunction<Digest256> removals() {
    long[] now = stripes.removals();
    return key -> now[StripeLocks.stripeOf(key)];
  }

  /** What becomes of a version that comes from a remote. */
  enum Adopted {
    IN_PLACE,
    /** The run has it, or a later one, here. */
    NOT_NEEDED,
    /** Something was removed since, that perhaps: then it must have been seen there after that. */
    IN_DOUBT
  }

  /**
   * Puts a version in place that comes from a remote.
   *
   * @param removals what was counted of the key before the version was seen there
   * @throws LocalException if it could not be saved
   */
  Adopted adopt(
      Digest256 key, String runId, Manifest manifest, PayloadMemory payload, long removals)
      throws IOException {
    return open(
        () -> {
          if (stripes.removals(key) != removals) {
            return Adopted.IN_DOUBT;
          }
          boolean[] doubt = new boolean[1];
          // Asked under the key's lock, under which a removal counts.
          boolean inPlace =
              pairs.adopt(
                  key,
                  runId,
                  manifest,
                  payload.asPayload(),
                  () -> {
                    doubt[0] = stripes.removals(key) != removals;
                    return doubt[0] || isJournalled(key, runId, manifest);
                  });
          if (inPlace) {
            return Adopted.IN_PLACE;
          }
          return doubt[0] ? Adopted.IN_DOUBT : Adopted.NOT_NEEDED;
        });
  }

  /** Whether versions of a key lie in journals of which no pair is known to be in place. */
  public boolean isJournalled(Digest256 key) throws IOException {
    return open(() -> !journal.entriesOf(key).isEmpty());
  }

  private boolean isJournalled(Digest256 key, String runId, Manifest manifest) throws IOException {
    for (JournalEntry each : journal.entriesOf(key)) {
      if (each.runId().equals(runId) && each.written().compareTo(manifest.written()) >= 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Removes something of a key here. Nothing comes back that some process has seen in a remote
   * before: what it has put in place before this counts is removed, and it puts nothing in place
   * after.
   *
   * @param here removes it; counts nothing where nothing lies
   * @throws StoreException if somebody keeps the key's lock
   */
  public int remove(Digest256 key, IntSupplier here) {
    try (StripeLocks.Hold hold = stripes.acquire(key)) {
      if (!hold.heldAcrossProcesses()) {
        throw new StoreException(
            "removal failed, nothing was removed here: somebody holds the key's lock: directory="
                + root.directory(key).path());
      }
      hold.countRemoval();
    }
    return here.getAsInt();
  }

  /** A place for a payload that is being fetched. */
  FetchedPayload fetched(long mostBytes) throws IOException {
    return PayloadMemory.isCopied(mostBytes)
        ? new FetchedMemory(mostBytes)
        : new FetchedFile(root.ops(), open(files::fresh), mostBytes);
  }

  /** The moment by the clock of the root's file system, unix nanoseconds. */
  long now() throws IOException {
    return open(files::now);
  }

  /**
   * Until when, by the clock of the root's file system, all keys were known to be in a remote.
   *
   * @return unix nanoseconds; 0 if nobody knows
   */
  long inRemoteUntil(String remote) throws IOException {
    return open(() -> files.inRemoteUntil(remote));
  }

  /** All keys are in a remote that had not changed after a moment. */
  void noteInRemote(String remote, long untilNanos) throws IOException {
    openTo(() -> files.noteInRemote(remote, untilNanos));
  }

  /** Of no key it is known any more that it is in any remote. */
  public void forgetInRemote() throws ClosedException, LocalException {
    openTo(() -> files.forgetInRemote());
  }

  /** Removes files of fetches that never ended, if they are older than an hour. */
  public void removeLeftovers() throws IOException {
    openTo(() -> files.removeLeftovers(clock.nanoTime()));
  }

  /** Lets nothing into the root any more. What is under way there goes on. */
  public void closeToOthers() {
    closed = true;
  }

  /** The same, and waits for what is under way. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closeToOthers();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
