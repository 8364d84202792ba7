package io.warmstart.remote;

import io.warmstart.access.AccessStamps;
import io.warmstart.access.AccessStamps.Ref;
import io.warmstart.access.Expiry;
import io.warmstart.format.Candidate;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Manifest;
import io.warmstart.io.Directories;
import io.warmstart.journal.JournalEntry;
import io.warmstart.journal.JournalView;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairReader.PairRead;
import io.warmstart.pair.RenamedFile;
import io.warmstart.pair.RootDirectory;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.payload.Sha256;
import io.warmstart.policy.Limits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.save.PairSave;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.agrona.concurrent.EpochNanoClock;

/**
 * The root, as what goes to a remote and comes from there sees it: pairs. A transfer may hang in
 * the remote while its store closes; here it then finds a closed door, and not a closed engine.
 * Nothing in here waits for a remote. Safe for all threads.
 */
public final class LocalEntries implements AutoCloseable {
  private static final String DIRECTORY = "remote";
  private static final String FETCHED_PREFIX = "fetch~";
  private static final String MARK = "pushed";
  private static final int MARK_DIGITS = 16;
  private static final int MOST_REMOVED = 1 << 14;
  private static final Digest256 UNKNOWN = Digest256.fromHex("0".repeat(64));
  private static final long ROOM_FOR_A_MANIFEST = 1024;
  private static final long LEFT_AFTER_NANOS = 3_600_000_000_000L;

  private final RootDirectory root;
  private final PairReader reader;
  private final PairSave pairs;
  private final JournalView journal;
  private final ChangeAges ages;
  private final Runnable settle;
  private final Runnable settleLeft;
  private final AccessStamps touches;
  private final Expiry expiry;
  private final StoreLimits limits;
  private final EpochNanoClock clock;

  /** When keys were removed last, of {@link System#nanoTime}: what was listed before is void. */
  private final Map<Digest256, Long> removedAt = new ConcurrentHashMap<>();

  /** Who holds it puts something in place that was fetched, or removes. */
  private final ReentrantLock changing = new ReentrantLock();

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * Makes the view of one store.
   *
   * @param settle has what this process has saved become pairs
   * @param settleLeft that, and what the dead have left
   */
  public LocalEntries(
      RootDirectory root,
      PairReader reader,
      PairSave pairs,
      JournalView journal,
      ChangeAges ages,
      Runnable settle,
      Runnable settleLeft,
      AccessStamps touches,
      Expiry expiry,
      StoreLimits limits,
      EpochNanoClock clock) {
    this.root = root;
    this.reader = reader;
    this.pairs = pairs;
    this.journal = journal;
    this.ages = ages;
    this.settle = settle;
    this.settleLeft = settleLeft;
    this.touches = touches;
    this.expiry = expiry;
    this.limits = limits;
    this.clock = clock;
  }

  /** The store has closed meanwhile. */
  static final class ClosedException extends LocalException {
    private static final long serialVersionUID = 1L;

    ClosedException() {
      super("the store is closed");
    }
  }

  @FunctionalInterface
  private interface Action<T> {
    T run() throws IOException;
  }

  private <T> T open(Action<T> action) throws IOException {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new ClosedException();
      }
      return action.run();
    } catch (LocalException e) {
      throw e;
    } catch (IOException | StoreException e) {
      throw new LocalException(e);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Has what this process has saved become pairs. */
  void settle() throws IOException {
    open(
        () -> {
          settle.run();
          return true;
        });
  }

  /** Has that, and what the dead have left in journals, become pairs. */
  void settleLeft() throws IOException {
    open(
        () -> {
          settleLeft.run();
          return true;
        });
  }

  /** All keys that have a directory. */
  List<Digest256> keys() throws IOException {
    return open(root::keys);
  }

  /** The keys of entries that this process has looked up of late. */
  Set<Digest256> keysInUse() throws IOException {
    return open(
        () ->
            touches.due(0, clock.nanoTime()).stream()
                .map(each -> each.getKey())
                .map(Ref::key)
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
  List<Candidate> pairsOf(Digest256 key) throws IOException {
    return open(() -> KeyListing.forLookup(root.ops(), root.directory(key)).candidates());
  }

  /**
   * An entry that is here.
   *
   * @param inFiles whether it is a pair; of what lies in a journal no checksum is known
   */
  record Here(Candidate candidate, boolean inFiles) {}

  /** The same, and what lies in journals. */
  List<Here> entriesOf(Digest256 key) throws IOException {
    return open(
        () -> {
          List<Here> entries = new ArrayList<>();
          for (JournalEntry each : journal.entriesOf(key)) {
            entries.add(new Here(new Candidate(each.runId(), each.manifest("", UNKNOWN)), false));
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
      return !entry.inFiles()
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
        () -> {
          KeyDirectory directory = root.directory(key);
          PairRead read = reader.read(directory, candidate.runId(), candidate.manifest());
          return Optional.ofNullable(read.memory());
        });
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

  /**
   * Puts a version in place that comes from a remote.
   *
   * @param listedAtNanos when it was seen there, of {@link System#nanoTime}
   * @return false if the run has it, or a later one, here, or the key was removed since
   * @throws LocalException if it could not be saved
   */
  boolean adopt(
      Digest256 key, String runId, Manifest manifest, PayloadMemory payload, long listedAtNanos)
      throws IOException {
    return open(
        () -> {
          changing.lock();
          try {
            Long removed = removedAt.get(key);
            return (removed == null || removed - listedAtNanos < 0)
                && pairs.adopt(
                    key,
                    runId,
                    manifest,
                    payload.asPayload(),
                    () -> isJournalled(key, runId, manifest));
          } finally {
            changing.unlock();
          }
        });
  }

  private boolean isJournalled(Digest256 key, String runId, Manifest manifest) throws IOException {
    for (JournalEntry each : journal.entriesOf(key)) {
      if (each.runId().equals(runId) && each.written().compareTo(manifest.written()) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Removes something of a key here; nothing that was listed before comes back. */
  int remove(Digest256 key, IntSupplier here) {
    changing.lock();
    try {
      return here.getAsInt();
    } finally {
      removed(key);
      changing.unlock();
    }
  }

  /** What was listed of a key before is void. */
  void removed(Digest256 key) {
    if (removedAt.size() >= MOST_REMOVED) {
      removedAt.clear();
    }
    removedAt.put(key, System.nanoTime());
  }

  /** A file for what is being fetched. */
  FetchedFile fetchedFile() throws IOException {
    return new FetchedFile(root.ops(), freshFile());
  }

  private Path freshFile() throws IOException {
    return open(
        () -> {
          Directories.make(root.ops(), own());
          Directories.make(root.ops(), directory());
          return directory().resolve(FETCHED_PREFIX + UUID.randomUUID());
        });
  }

  private Path own() {
    return root.path().resolve(DirectoryNames.ENGINE_DIRECTORY);
  }

  private Path directory() {
    return own().resolve(DIRECTORY);
  }

  /** The moment by the clock of the root's file system, unix nanoseconds. */
  long now() throws IOException {
    Path path = freshFile();
    return open(
        () -> {
          root.ops().createExclusive(path).close();
          long now = root.ops().changedNanos(path);
          root.ops().unlink(path);
          return now;
        });
  }

  private RenamedFile mark(String remote) {
    Sha256 sha256 = new Sha256();
    byte[] name = remote.getBytes(StandardCharsets.UTF_8);
    sha256.update(name, name.length);
    return new RenamedFile(
        root.ops(),
        ages,
        List.of(root.path(), own(), directory()),
        MARK + "-" + sha256.finish().toHex().substring(0, MARK_DIGITS),
        MARK);
  }

  /**
   * Until when, by the clock of the root's file system, all keys were known to be in a remote.
   *
   * @return unix nanoseconds; 0 if nobody knows
   */
  long inRemoteUntil(String remote) throws IOException {
    return open(
        () -> {
          try {
            byte[] bytes = mark(remote).read(Long.BYTES);
            return bytes.length == Long.BYTES ? ByteBuffer.wrap(bytes).getLong() : 0;
          } catch (NoSuchFileException e) {
            return 0L;
          }
        });
  }

  /** All keys are in a remote that had not changed after a moment. */
  void noteInRemote(String remote, long untilNanos) throws IOException {
    open(
        () -> {
          mark(remote).publish(ByteBuffer.allocate(Long.BYTES).putLong(untilNanos).array(), false);
          return true;
        });
  }

  /** Removes files of fetches that never ended, if they are older than an hour. */
  void removeLeftovers() throws IOException {
    open(
        () -> {
          try {
            for (String name : root.ops().list(directory())) {
              Path path = directory().resolve(name);
              if (name.startsWith(FETCHED_PREFIX)
                  && clock.nanoTime() - root.ops().changedNanos(path) > LEFT_AFTER_NANOS) {
                root.ops().unlink(path);
              }
            }
          } catch (NoSuchFileException e) {
            // Nothing was ever fetched, or another process removes them too.
          }
          return true;
        });
  }

  /** Waits for what is under way in the root, and lets nothing in any more. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
    } finally {
      lock.writeLock().unlock();
    }
  }
}
