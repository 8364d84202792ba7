package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.Segments;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody scribbles over the references to segments, and over the records in them. No winner is
 * wrong, nothing throws, and no search goes on for ever; what is counted again is right, or the
 * generation has ended.
 */
@Timeout(120)
class ScribbledSegmentTest {
  private static final int[] STRIPES = {7, 8};

  /** Of the number and of the check; all of them take a minute. */
  private static final int[] BITS =
      Boolean.getBoolean("warmstart.all")
          ? IntStream.range(0, Long.SIZE).toArray()
          : new int[] {0, 1, 4, 5, 6, 9, 14, 25, 26, 37, 62, 63};

  private static final int ROUNDS = Integer.getInteger("warmstart.rounds", 2) * 150;

  @TempDir Path parent;
  private IndexRoot root;
  private IndexModel model;

  @BeforeEach
  void populate() throws IOException {
    root = IndexRoot.open(parent.resolve("locks"));
    model = new IndexModel(new MemoryIndex());
    IndexModel.Member process = new IndexModel.Member(root, model.memory);
    for (int n = 0; n < 12; n++) {
      for (int run = 0; run < 3; run++) {
        model.publish(process, IndexModel.key(n), facts(run));
      }
      fill(process, n);
    }
    for (int n = 0; n < 2; n++) {
      model.remove(process, IndexModel.key(n), "run-1");
    }
    model.assertCounted(process, "before");
  }

  @AfterEach
  void close() {
    root.close();
  }

  private static EntryFacts facts(int run) {
    return new EntryFacts(
        "run-" + run, 500, 1_000 + 17 * run % 31, run % 3 == 0, 100 + run, Double.NaN, false);
  }

  private void fill(IndexModel.Member process, int n) {
    Digest256 key = IndexModel.key(n);
    long changes = Objects.requireNonNull(IndexModel.changes(process, key));
    for (int ranking = 0; ranking < IndexLayout.WINNERS; ranking++) {
      IndexModel.fill(process, key, ranking, changes, model.version(key));
    }
  }

  /** Takes places in both stripes, and gives some back. */
  private static void work(IndexModel at, IndexModel.Member process, IndexFiles files) {
    for (int n = 12; n < 18 && files.live(); n++) {
      for (int run = 0; run < 4; run++) {
        at.publish(process, IndexModel.key(n), facts(run));
        // As a sweep does after each save: it looks at all entries of the stripe.
        process.ledger.next();
      }
    }
    for (int n = 0; n < 18 && files.live(); n += 3) {
      at.remove(process, IndexModel.key(n), "run-2");
      at.publish(process, IndexModel.key(n), facts(9));
    }
  }

  @Test
  void aFlippedBitOfAReferenceRetiresTheGeneration() {
    Digest256 key = IndexModel.key(0);
    for (int table : new int[] {IndexLayout.SLOTS_OFFSET, IndexLayout.ENTRIES_OFFSET}) {
      int directory = IndexLayout.stripeHead(StripeLocks.stripeOf(key)) + table;
      for (int bit : BITS) {
        String where = "table " + table + ", bit " + bit;
        IndexModel at = model.copy();
        UnsafeBuffer file = at.memory.file(0);
        int offset = directory + 8 * Segments.index(key);
        file.putLong(offset, file.getLong(offset) ^ 1L << bit);
        IndexModel.Member process = new IndexModel.Member(root, at.memory);
        IndexFiles files = process.attached().files();

        at.assertWinners(process, where);
        work(at, process, files);

        assertFalse(files.live(), where);
        at.assertWinners(process, where);
      }
    }
  }

  @Test
  void whateverIsWrittenOverRecordsNoWinnerIsWrongAndACountIsRight() {
    long seed = Long.getLong("warmstart.seed", System.nanoTime());
    System.out.println("random test: -Dwarmstart.seed=" + seed);
    Random random = new Random(seed);
    int lived = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String where = "seed " + seed + ", round " + round;
      IndexModel at = model.copy();
      scribble(at.memory.file(0), random);
      IndexModel.Member process = new IndexModel.Member(root, at.memory);
      IndexFiles files = process.attached().files();

      at.assertWinners(process, where);
      readAll(process);
      work(at, process, files);
      at.assertWinners(process, where);
      countAll(at, process, files);

      if (files.live()) {
        lived++;
        assertSums(at, process, where);
        assertEntries(at, process, where);
      }
    }
    assertTrue(lived > ROUNDS / 20, "lived: " + lived);
    assertTrue(lived < ROUNDS, "no sum was ever found to be wrong");
  }

  /** Bits, words, or what lies elsewhere, over pages that are in use. */
  private static void scribble(UnsafeBuffer file, Random random) {
    long pages = IndexFiles.usedPages(file.getLong(IndexLayout.PAGES_USED_OFFSET));
    int words = (int) pages * IndexLayout.PAGE_LENGTH / 8;
    int kind = random.nextInt(4);
    for (int strike = 1 + random.nextInt(4); strike > 0; strike--) {
      int offset = IndexLayout.PAGES_OFFSET + 8 * random.nextInt(words);
      int other = IndexLayout.PAGES_OFFSET + 8 * random.nextInt(words);
      switch (kind) {
        case 0 -> file.putLong(offset, file.getLong(offset) ^ 1L << random.nextInt(64));
        case 1 -> file.putLong(offset, random.nextLong());
        case 2 -> file.putLong(offset, 0);
        default -> {
          // A record over another.
          int end = IndexLayout.PAGES_OFFSET + 8 * words;
          int length = Math.min(256, end - Math.max(offset, other));
          byte[] copied = new byte[length];
          file.getBytes(other & -128, copied);
          file.putBytes(offset & -128, copied);
        }
      }
    }
  }

  private static void readAll(IndexModel.Member process) {
    for (int n = 0; n < 20; n++) {
      process.ledger.runIds(IndexModel.key(n));
      process.ledger.bytes(IndexModel.key(n));
      process.ledger.touched(IndexModel.key(n), "run-0", 900);
      process.ledger.accessedNanos(IndexModel.key(n), "run-1");
    }
    process.ledger.usedLastBy(1_000);
  }

  /** As a scan does. */
  private static void countAll(IndexModel at, IndexModel.Member process, IndexFiles files) {
    for (int round = 0; round < 2; round++) {
      for (int n = 0; n < 18 && files.live(); n++) {
        at.count(process, IndexModel.key(n), true);
      }
    }
  }

  private static void assertSums(IndexModel at, IndexModel.Member process, String where) {
    for (int stripe : STRIPES) {
      long sum = 0;
      for (Digest256 key : at.keys.keySet()) {
        sum += StripeLocks.stripeOf(key) == stripe ? at.bytes(key) : 0;
      }
      assertEquals(sum, process.attached().totals().bytes(stripe), where);
    }
  }

  /** All that are there; one of nobody goes when its turn comes. */
  private static void assertEntries(IndexModel at, IndexModel.Member process, String where) {
    for (Map.Entry<Digest256, Map<String, EntryFacts>> each : at.keys.entrySet()) {
      Set<String> recorded = new HashSet<>(process.ledger.runIds(each.getKey()));
      assertEquals(each.getValue().keySet(), recorded, where);
    }
  }

  /** The whole way: a store comes to it, and counts the files. */
  @Test
  void aStoreMakesTheIndexAnewAndItsTotalIsRight() throws IOException {
    Path directory = parent.resolve("root");
    StoreOptions options =
        StoreOptions.defaults()
            .withTtl(Duration.ofDays(1))
            .withForeignCheckInterval(Duration.ofDays(100 * 365));
    try (WarmStartStore store = WarmStartStore.open(directory, options)) {
      Fingerprint key = Fingerprint.fromHex(IndexModel.key(3).toHex());
      for (int run = 0; run < 20; run++) {
        store.saveOverwrite(key, "run-" + run, new byte[50], EntryAttributes.checkpoint());
      }
      store.evictOverflow();
      long rebuilds = store.stats().count(StoreCounter.REBUILDS);
      IndexPatch.of(directory.resolve(".warmstart")).flipSegment(IndexModel.key(3), 5);
      for (int run = 20; run < 22; run++) {
        store.saveOverwrite(key, "run-" + run, new byte[50], EntryAttributes.checkpoint());
        store.evictOverflow();
      }

      assertEquals(rebuilds + 1, store.stats().count(StoreCounter.REBUILDS));
      long total = IndexPatch.of(directory.resolve(".warmstart")).total();
      assertEquals(store.inspect().bytes(), total);
      assertTrue(store.verify().clean());
      assertEquals(22, store.inspect().entries());
    }
  }
}
