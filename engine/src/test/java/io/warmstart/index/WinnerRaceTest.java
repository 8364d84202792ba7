package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.index.table.IndexFile;
import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.index.table.StripeTotals;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.ranking.Candidate;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers race with threads that fill, change and give the slot to another key, over one file
 * mapped twice. With the check as it is nobody is ever told a mixture, or a winner from before a
 * change that had ended; readers that look at less are, which shows that the race is there.
 */
@Timeout(60)
class WinnerRaceTest {
  private static final Duration RACE = Duration.ofMillis(500);

  /** What a race must have seen to show something. */
  private static final long LEAST = 100;

  /** How a reader decides whether a winner counts. */
  private interface Reader {
    boolean read(KeyTable table, SlotCursor at, Digest256 key, IndexedWinner target);
  }

  /** One key's files: which version is there, and which was there when a change last ended. */
  private static final class KeyFiles {
    private final Digest256 key;
    private final AtomicLong version = new AtomicLong(1);
    private final AtomicLong published = new AtomicLong(1);

    private KeyFiles(int n) {
      key = ofFirstHome(1_000L * n);
    }

    /** Searches for all of them start at one place, so that they take the slot from one another. */
    private static Digest256 ofFirstHome(long from) {
      for (long n = from; ; n++) {
        Digest256 key = Digest256.ofWords(n + 1, 7, 31L * n, n);
        if ((Checksums.ofKey(key) >>> 26 & 7) == 0) {
          return key;
        }
      }
    }
  }

  @TempDir Path parent;

  private final List<KeyFiles> keys = List.of(new KeyFiles(0), new KeyFiles(1));
  private final AtomicLong lastChanges = new AtomicLong();
  private final LongAdder accepted = new LongAdder();
  private final LongAdder mixtures = new LongAdder();
  private final LongAdder stale = new LongAdder();
  private final Object stripe = new Object();
  private final LongAdder remembered = new LongAdder();
  private final PayloadCache cache = new PayloadCache(1 << 20);
  private final Manifest manifest =
      Manifest.ofNewEntry(
          "test",
          Stamp.ofUnixNanos(1),
          OptionalDouble.empty(),
          OptionalLong.empty(),
          false,
          Digest256.ofWords(0, 0, 0, 0),
          0);
  private PayloadMemory payload;
  private UnsafeBuffer one;
  private Generation attachment;
  private KeyTable writers;
  private KeyTable readers;
  private StripeTotals summing;
  private StripeTotals sums;
  private volatile boolean over;

  @BeforeEach
  void mapTwice() throws IOException {
    Path file = parent.resolve("index");
    UnsafeBuffer two = map(file);
    one = map(file);
    new IndexFile(two, 0, null).initialise(42, 7);
    writers = attach(two).keys();
    attachment = attach(one);
    readers = attachment.keys();
    summing = new StripeTotals(two);
    sums = new StripeTotals(one);
    Path empty = Files.createFile(parent.resolve("empty"));
    try (FileOps.FileHandle handle = new NioFileOps().openForReading(empty)) {
      payload = PayloadMemory.load(handle, 0, false).memory();
    }
  }

  private static UnsafeBuffer map(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      int length = IndexLayout.fileLength(0);
      return new UnsafeBuffer(channel.map(FileChannel.MapMode.READ_WRITE, 0, length));
    }
  }

  private static Generation attach(UnsafeBuffer buffer) {
    IndexFiles files =
        new IndexFiles(
            new IndexFile(buffer, 0, null),
            new IndexFiles.Extensions() {
              @Override
              public IndexFile open(int number, long generation) {
                throw new AssertionError("one file must do");
              }

              @Override
              public IndexFile make(int number, long generation) {
                throw new AssertionError("one file must do");
              }
            });
    return new Generation(files, files::allocate);
  }

  @Test
  void nobodyIsToldAMixtureOrWhatWasBeforeAChangeThatHadEnded() throws Exception {
    race(
        (table, at, key, target) -> table.read(at, key, 0, target),
        Rounds.race(RACE, accepted::sum, LEAST));
    assertEquals(0, mixtures.sum());
    assertEquals(0, stale.sum());
    assertTrue(accepted.sum() >= LEAST, "accepted: " + accepted.sum());
  }

  /** A winner that fits together, whatever has changed since. */
  @Test
  void aReaderThatComparesTheVersionAloneIsToldWhatWasBeforeTheChange() throws Exception {
    race(
        (table, at, key, target) -> {
          raw(at, target);
          return target.manifestCtime() == half(key, target.version());
        },
        untilSeen(stale));
    assertTrue(stale.sum() > 0);
  }

  /** A winner of the present changes, whether it fits together or not. */
  @Test
  void aReaderThatComparesNothingIsToldMixtures() throws Exception {
    race(
        (table, at, key, target) -> {
          raw(at, target);
          return target.version() != 0;
        },
        untilSeen(mixtures));
    assertTrue(mixtures.sum() > 0);
  }

  /** What is in memory counts only while its slot says that nothing has changed. */
  @Test
  void nobodyIsToldWhatIsInMemoryAfterAChangeThatHadEnded() throws Exception {
    remember((table, entry) -> table.stands(entry, one), Rounds.race(RACE, remembered::sum, LEAST));
    assertEquals(0, mixtures.sum());
    assertEquals(0, stale.sum());
    assertTrue(remembered.sum() >= LEAST, "remembered: " + remembered.sum());
  }

  @Test
  void aReaderThatComparesNothingIsToldWhatIsInMemory() throws Exception {
    remember((table, entry) -> one.getLong(entry.hotWord()) != 0, untilSeen(stale));
    assertTrue(stale.sum() > 0);
  }

  private static BooleanSupplier untilSeen(LongAdder wrong) {
    return Rounds.race(Duration.ZERO, wrong::sum, 1);
  }

  private void remember(BiPredicate<KeyTable, HotEntry> stands, BooleanSupplier goesOn)
      throws Exception {
    Map<Digest256, HotEntry> inMemory = new ConcurrentHashMap<>();
    Map<Digest256, Long> versions = new ConcurrentHashMap<>();
    race(
        (table, at, key, target) -> {
          HotEntry known = inMemory.get(key);
          if (known != null && stands.test(table, known)) {
            remembered.increment();
            long version = Objects.requireNonNull(versions.get(key));
            target.set(version, 0);
            target.setManifestCtime(half(key, version));
            return true;
          }
          if (!table.read(at, key, 0, target)) {
            return false;
          }
          HotEntry entry = entry(key);
          entry.attach(attachment, at, target, 0);
          inMemory.put(key, entry);
          versions.put(key, target.version());
          return true;
        },
        goesOn);
  }

  private HotEntry entry(Digest256 key) {
    return new HotEntry(
        new KeyDirectory(parent, key), 0, new Candidate("run", manifest), payload, cache);
  }

  private static void raw(SlotCursor at, IndexedWinner target) {
    int winner = at.offset + IndexLayout.WINNERS_OFFSET;
    target.set(at.buffer().getLong(winner + IndexLayout.VERSION_OF_WINNER_OFFSET), 0);
    target.setManifestCtime(at.buffer().getLong(winner + IndexLayout.MANIFEST_CTIME_OFFSET));
  }

  private static long half(Digest256 key, long version) {
    return Checksums.mix(version) ^ key.word(0);
  }

  private void race(Reader reader, BooleanSupplier goesOn) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (KeyFiles each : keys) {
      threads.add(new Thread(() -> change(each)));
      threads.add(new Thread(() -> fill(each)));
      threads.add(new Thread(() -> read(each, reader)));
    }
    threads.add(new Thread(this::giveAway));
    threads.forEach(Thread::start);
    while (goesOn.getAsBoolean()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private long nextChanges() {
    return Checksums.mix(lastChanges.incrementAndGet());
  }

  /** A saver: its files change between two stores. Needs no lock. */
  private void change(KeyFiles files) {
    SlotCursor at = new SlotCursor();
    while (!over) {
      store(files, at);
      long version = files.version.incrementAndGet();
      store(files, at);
      files.published.accumulateAndGet(version, Math::max);
      for (int spin = 0; spin < 2000; spin++) {
        Thread.onSpinWait();
      }
    }
  }

  private void store(KeyFiles files, SlotCursor at) {
    if (writers.find(files.key, at)) {
      writers.change(at, nextChanges());
    }
  }

  private void fill(KeyFiles files) {
    SlotCursor at = new SlotCursor();
    IndexedWinner winner = new IndexedWinner();
    while (!over) {
      if (writers.find(files.key, at)) {
        long changes = writers.changes(at);
        long version = files.version.get();
        winner.set(version, 0);
        winner.setManifestCtime(half(files.key, version));
        winner.under(changes, 1);
        synchronized (stripe) {
          if (writers.find(files.key, at) && writers.changes(at) == changes) {
            writers.fill(at, files.key, 0, 1, winner, nextChanges());
          }
        }
      }
    }
  }

  /** Gives the one slot to either key in turn. */
  private void giveAway() {
    SlotCursor at = new SlotCursor();
    for (int turn = 0; !over; turn++) {
      Digest256 from = keys.get(turn % 2).key;
      Digest256 to = keys.get((turn + 1) % 2).key;
      synchronized (stripe) {
        writers.remove(from, nextChanges());
        if (!writers.find(to, at)) {
          writers.insert(to, nextChanges(), at);
        }
      }
      for (int spin = 0; spin < 20_000; spin++) {
        Thread.onSpinWait();
      }
    }
  }

  private void read(KeyFiles files, Reader reader) {
    SlotCursor at = new SlotCursor();
    IndexedWinner winner = new IndexedWinner();
    while (!over) {
      long published = files.published.get();
      if (readers.find(files.key, at) && reader.read(readers, at, files.key, winner)) {
        accepted.increment();
        if (winner.manifestCtime() != half(files.key, winner.version())) {
          mixtures.increment();
        } else if (winner.version() < published) {
          stale.increment();
        }
      }
    }
  }

  @Test
  void aSumThatIsReadIsOneThatWasWritten() throws Exception {
    Thread writer =
        new Thread(
            () -> {
              for (long n = 1; !over; n++) {
                summing.set(9, n * 1_000_003);
              }
            });
    writer.start();
    long last = 0;
    LongAdder read = new LongAdder();
    BooleanSupplier goesOn = Rounds.race(RACE.dividedBy(4), read::sum, LEAST);
    while (goesOn.getAsBoolean()) {
      long bytes = sums.bytes(9);
      if (bytes >= 0) {
        assertEquals(0, bytes % 1_000_003);
        assertTrue(bytes >= last, last + " then " + bytes);
        last = bytes;
        read.increment();
      }
    }
    over = true;
    writer.join();
    assertTrue(read.sum() >= LEAST, "read: " + read);
    assertEquals(0, sums.bytes(9) % 1_000_003);
  }
}
