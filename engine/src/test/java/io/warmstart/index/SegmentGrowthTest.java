package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Candidate;
import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.AtomicBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of slots and entries, and of those who remember their places, as segments grow. */
@Timeout(120)
class SegmentGrowthTest {
  private static final int STRIPE = 7;

  @TempDir Path parent;
  private final MemoryIndex memory = new MemoryIndex();
  private IndexRoot root;
  private IndexModel.Member process;
  private long lastChanges;

  @BeforeEach
  void open() throws IOException {
    root = IndexRoot.open(parent);
    process = new IndexModel.Member(root, memory);
  }

  @AfterEach
  void close() {
    root.close();
  }

  /** Keys of one stripe. */
  private static Digest256 key(int n) {
    return Digest256.ofWords(Checksums.mix(n), STRIPE, Checksums.mix(n + 1_000_000L), n);
  }

  private KeyTable keys() {
    return process.attached().keys();
  }

  private long fresh() {
    return Checksums.mix(++lastChanges);
  }

  private SlotCursor insert(Digest256 key, long bytes) {
    SlotCursor at = new SlotCursor();
    assertTrue(keys().insert(key, fresh(), at));
    keys().account(at, key, bytes, 0);
    return at;
  }

  private void fill(SlotCursor at, Digest256 key) {
    IndexedWinner winner = new IndexedWinner();
    winner.set(1, 2, 3);
    keys().fill(at, key, 0, keys().changes(at), 5_000, 9_000, winner);
  }

  private HotEntry inMemory(SlotCursor at, Digest256 key) throws IOException {
    Path empty = Files.write(parent.resolve("empty"), new byte[0]);
    Manifest manifest =
        Manifest.ofNewEntry(
            "test",
            Stamp.ofUnixNanos(1),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            false,
            key,
            0);
    try (FileOps.FileHandle handle = new NioFileOps().openForReading(empty)) {
      HotEntry entry =
          new HotEntry(
              KeyDirectory.of(parent, key),
              0,
              new Candidate("run", manifest),
              PayloadMemory.load(handle, 0, false).memory(),
              new PayloadCache(1 << 20));
      entry.attach(
          process.attached(),
          at,
          new IndexedWinner(),
          Checksums.ofState(keys().changes(at), 5_000),
          0);
      return entry;
    }
  }

  private boolean stands(HotEntry entry) {
    AtomicBuffer buffer = entry.buffer();
    return buffer != null && keys().stands(entry, buffer, KeyTable.ctime(entry, buffer));
  }

  private long pagesUsed() {
    return IndexFiles.usedPages(memory.file(0).getLong(IndexLayout.PAGES_USED_OFFSET));
  }

  /** How many places there are in the segment that a key belongs to. */
  private int places(Digest256 key) {
    Segment segment =
        new Segments(
                process.attached().files(),
                count -> 0,
                IndexLayout.SLOTS_OFFSET,
                IndexLayout.SLOT_LENGTH)
            .of(key);
    return segment == null ? 0 : segment.capacity();
  }

  @Test
  void aSlotThatMovesKeepsItsBytesAndLosesItsWinners() {
    SlotCursor before = insert(key(0), 100);
    fill(before, key(0));
    assertTrue(keys().read(before, key(0), 0, new IndexedWinner()));

    for (int n = 1; n < 1_000; n++) {
      insert(key(n), 100 + n);
    }

    SlotCursor at = new SlotCursor();
    for (int n = 0; n < 1_000; n++) {
      assertTrue(keys().find(key(n), at), "key " + n);
      assertEquals(100 + n, keys().bytes(at, key(n)));
    }
    assertTrue(keys().find(key(0), at));
    assertNotEquals(before.offset, at.offset);
    assertFalse(keys().read(at, key(0), 0, new IndexedWinner()), "a winner in the new place");
    assertFalse(keys().read(before, key(0), 0, new IndexedWinner()), "a winner in the old place");
  }

  @Test
  void whatIsInMemoryIsVoidOnceItsSlotHasMoved() throws IOException {
    SlotCursor before = insert(key(0), 100);
    fill(before, key(0));
    HotEntry entry = inMemory(before, key(0));
    assertTrue(stands(entry));

    for (int n = 1; places(key(0)) < 8; n++) {
      insert(key(n), 100);
    }

    assertFalse(stands(entry));
  }

  /** It has no slot any more that could be told of a change. */
  @Test
  void whatIsInMemoryOfAKeyWhoseSlotWasTakenIsVoidToo() throws IOException {
    for (int n = 0; n < 20; n++) {
      insert(key(n), 100);
    }
    List<Digest256> withoutFiles = new ArrayList<>();
    List<HotEntry> inMemory = new ArrayList<>();
    for (int n = 20; n < 40; n++) {
      // As of a key that a foreign store has saved, and no walk has counted.
      SlotCursor at = insert(key(n), 0);
      fill(at, key(n));
      withoutFiles.add(key(n));
      inMemory.add(inMemory(at, key(n)));
      assertTrue(stands(inMemory.get(inMemory.size() - 1)));
    }

    for (int n = 40; n < 400; n++) {
      insert(key(n), 100);
    }

    int left = 0;
    for (int n = 0; n < withoutFiles.size(); n++) {
      boolean found = keys().find(withoutFiles.get(n), new SlotCursor());
      left += found ? 1 : 0;
      assertTrue(found || !stands(inMemory.get(n)), "key " + n);
    }
    assertTrue(left < 10, "left: " + left);
  }

  /** Of a segment that is split one half stays, and with it its winners. */
  @Test
  void aSplitVoidsWhatMovesAndLeavesTheRest() {
    int many = 0;
    List<Integer> places = new ArrayList<>();
    while (places(key(0)) < 64 || many < 30) {
      insert(key(many++), 100);
    }
    for (int n = 0; n < many; n++) {
      SlotCursor at = new SlotCursor();
      assertTrue(keys().find(key(n), at));
      fill(at, key(n));
      places.add(at.offset);
    }

    long used = pagesUsed();
    for (int n = many; pagesUsed() == used; n++) {
      insert(key(n), 100);
    }

    int stayed = 0;
    for (int n = 0; n < many; n++) {
      SlotCursor at = new SlotCursor();
      assertTrue(keys().find(key(n), at));
      assertEquals(100, keys().bytes(at, key(n)));
      boolean same = at.offset == places.get(n);
      assertEquals(same, keys().read(at, key(n), 0, new IndexedWinner()), "key " + n);
      stayed += same ? 1 : 0;
    }
    assertTrue(stayed > 5 && stayed < many - 5, stayed + " of " + many);
  }

  /** A store that meets a place which was left loses nothing: it is before all that is new. */
  @Test
  void aFillThatWasBegunBeforeAMoveIsRefused() {
    SlotCursor at = insert(key(0), 100);
    long changes = keys().changes(at);

    for (int n = 1; n < 8; n++) {
      insert(key(n), 100);
    }

    assertTrue(keys().find(key(0), at));
    assertNotEquals(changes, keys().changes(at));
  }

  @Test
  void slotsThatComeAndGoTakeNoMorePages() {
    for (int n = 0; n < 20; n++) {
      insert(key(n), 100);
    }
    long used = pagesUsed();

    for (int n = 20; n < 5_000; n++) {
      insert(key(n), 100);
      keys().remove(key(n), fresh());
    }

    assertEquals(used, pagesUsed());
    for (int n = 0; n < 20; n++) {
      assertTrue(keys().find(key(n), new SlotCursor()), "key " + n);
    }
  }

  @Test
  void keysWithoutFilesTakeTheirSlotsFromOneAnother() {
    for (int n = 0; n < 20; n++) {
      insert(key(n), 100);
    }

    for (int n = 20; n < 10_000; n++) {
      insert(key(n), 0);
    }

    assertEquals(64, places(key(0)));
    int remembered = 0;
    for (int n = 0; n < 10_000; n++) {
      boolean found = keys().find(key(n), new SlotCursor());
      assertTrue(found || n >= 20, "key " + n);
      remembered += found && n >= 20 ? 1 : 0;
    }
    assertTrue(remembered > 30, "remembered: " + remembered);
  }

  /** At a million keys it comes to that, and the whole index was given up. */
  @Test
  void recordsThatFindNoPlaceInTheNextSegmentGetALargerOne() {
    int many = 0;
    while (places(key(0)) < 32 || many < 20) {
      insert(key(many++), 100);
    }
    assertEquals(32, places(key(0)));
    Segments segments =
        new Segments(
            process.attached().files(),
            process.attached().files()::allocate,
            IndexLayout.SLOTS_OFFSET,
            IndexLayout.SLOT_LENGTH);
    AtomicInteger homes = new AtomicInteger();
    Segments.Mover crowding =
        new Segments.Mover() {
          @Override
          public boolean keeps(Segment from, int offset) {
            return true;
          }

          @Override
          public int home(Segment from, int offset) {
            // The first seventeen want one home, which has sixteen places on its way.
            return homes.getAndIncrement() < 17
                ? 0
                : (int) (Checksums.ofKey(from.keyAt(offset)) >>> 26);
          }

          @Override
          public void copy(Segment from, int offset, Segment to, int toOffset) {
            from.copy(offset, IndexLayout.SLOT_LENGTH, to, toOffset);
          }

          @Override
          public void abandon(Segment from, int offset) {}
        };

    assertTrue(segments.grow(key(0), crowding));

    assertEquals(128, places(key(0)));
    for (int n = 0; n < many; n++) {
      assertTrue(keys().find(key(n), new SlotCursor()), "key " + n);
    }
  }

  /** Where there is no room for more pages. */
  @Test
  void aKeyThatFindsNoPlaceIsRefusedAndTheOthersStay() {
    insert(key(0), 100);
    memory
        .file(0)
        .putLong(IndexLayout.PAGES_USED_OFFSET, IndexFile.pagesUsed(IndexLayout.MOST_PAGES));
    List<Digest256> present = new ArrayList<>(List.of(key(0)));
    for (int n = 1; n < 20; n++) {
      SlotCursor at = new SlotCursor();
      if (keys().insert(key(n), fresh(), at)) {
        keys().account(at, key(n), 100, 0);
        present.add(key(n));
      }
    }

    assertTrue(present.size() > 2 && present.size() <= 4, "present: " + present.size());
    for (Digest256 each : present) {
      assertTrue(keys().find(each, new SlotCursor()));
    }
  }

  /** At whichever store: the next who grows it has all keys. */
  @Test
  void aGrowthThatIsCutOffLosesNoKey() {
    dieInTheGrowthAfter(0, 10);
  }

  /**
   * The references were stored from the first on: a death between two of them left the segment
   * before with two runs. It was counted twice then, and when the lower run grew, the keys of the
   * upper one were lost.
   */
  @Test
  void aSplitThatIsCutOffLosesNoKeyAndCountsNoneTwice() {
    dieInTheGrowthAfter(70, 300);
  }

  /**
   * Dies after each store of the next growth, and has another process go on.
   *
   * @param least how many keys there are before
   * @param more how many come after, so that what has grown grows again
   */
  private void dieInTheGrowthAfter(int least, int more) {
    int there = 0;
    while (there < least || !growsOn(key(there))) {
      insert(key(there++), 100);
    }
    int deaths = 0;
    boolean dead = true;
    while (dead) {
      MemoryIndex copy = memory.copy();
      IndexModel.Member dying = new IndexModel.Member(root, copy);
      dying.life.dieAfter(deaths);
      try {
        dying.attached().keys().insert(key(there), fresh(), new SlotCursor());
        dead = false;
      } catch (DyingProcess.Death e) {
        deaths++;
      }
      Generation next = new IndexModel.Member(root, copy).attached();
      assertEquals(100L * there, sum(next), "after " + deaths + " stores");
      for (int n = there + 1; n <= there + more; n++) {
        assertTrue(next.keys().insert(key(n), fresh(), new SlotCursor()));
      }
      for (int n = 0; n < there; n++) {
        SlotCursor at = new SlotCursor();
        assertTrue(next.keys().find(key(n), at), deaths + ": key " + n);
        assertEquals(100, next.keys().bytes(at, key(n)));
      }
      assertEquals(100L * there, sum(next), "after " + deaths + " stores, and more keys");
    }
    // The references are stored one by one.
    assertTrue(deaths > IndexLayout.DIRECTORY_LENGTH / 4, "deaths: " + deaths);
  }

  private static long sum(Generation generation) {
    long[] sum = new long[1];
    assertTrue(generation.keys().forEachBytes(STRIPE, bytes -> sum[0] += bytes));
    return sum[0];
  }

  private boolean growsOn(Digest256 key) {
    MemoryIndex copy = memory.copy();
    KeyTable keys = MemoryIndex.over(copy).keys();
    int used = IndexLayout.PAGES_USED_OFFSET;
    assertTrue(keys.insert(key, fresh(), new SlotCursor()));
    // The first one needs pages too, and moves nothing.
    return places(key) > 0 && copy.file(0).getLong(used) != memory.file(0).getLong(used);
  }

  @Test
  void whoSearchesWhileASegmentGrowsFindsEachKeyOrWillAtTheNextLook() throws Exception {
    int many = 20_000;
    AtomicInteger there = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread reader =
        new Thread(
            () -> {
              Generation attached = new IndexModel.Member(root, memory).attached();
              SlotCursor at = new SlotCursor();
              for (int n = 0; there.get() < many; n++) {
                int known = there.get();
                Digest256 key = key(known == 0 ? 0 : n * 7919 % known);
                // One look may fall between two stores of a split; not a thousand.
                boolean found = known == 0;
                for (int look = 0; look < 1_000 && !found; look++) {
                  found = attached.keys().find(key, at);
                }
                assertTrue(found, "key of " + known);
              }
            });
    reader.setUncaughtExceptionHandler((thread, error) -> failure.set(error));
    reader.start();

    KeyTable writers = MemoryIndex.over(memory).keys();
    SlotCursor at = new SlotCursor();
    for (int n = 0; n < many; n++) {
      assertTrue(writers.insert(key(n), fresh(), at));
      writers.account(at, key(n), 100, 0);
      there.incrementAndGet();
    }
    reader.join();

    assertEquals(null, failure.get());
  }

  @Test
  void aHundredThousandKeysAndTwiceAsManyEntriesAreAllFound() {
    int many = 100_000;
    Generation attached = MemoryIndex.over(memory);
    SlotCursor at = new SlotCursor();
    for (int n = 0; n < many; n++) {
      assertTrue(attached.keys().insert(spread(n), fresh(), at));
      attached.keys().account(at, spread(n), n + 1, 0);
      for (int run = 0; run < 2; run++) {
        assertTrue(
            attached.entries().record(spread(n), new EntryFacts("run-" + run, n, n, false, run)));
      }
    }

    long bytes = 0;
    long[] sum = new long[1];
    for (int stripe = 0; stripe < IndexLayout.STRIPES; stripe++) {
      assertTrue(attached.keys().forEachBytes(stripe, each -> sum[0] += each));
      bytes +=
          attached.entries().entries(stripe).stream().mapToLong(RecordedEntry::writtenNanos).sum();
    }
    assertEquals((long) many * (many + 1) / 2, sum[0]);
    assertEquals((long) many * (many - 1), bytes);
    for (int n = 0; n < many; n++) {
      assertTrue(attached.keys().find(spread(n), at), "key " + n);
      assertEquals(2, attached.entries().entriesOf(spread(n)).size());
    }
    assertEquals(2L * many, attached.order().count());
    // 25 MiB of slots and as much of entries.
    assertTrue(pagesUsed() < 110 << 10, "pages: " + pagesUsed());
  }

  private static Digest256 spread(int n) {
    return Digest256.ofWords(
        Checksums.mix(n), Checksums.mix(n + 1_000_000L), Checksums.mix(n + 2_000_000L), n);
  }
}
