package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.EntryAttributes;
import io.warmstart.Fingerprint;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.format.Digest256;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each bit of each number that leads from one place of the index to another is flipped. A chain of
 * one stripe used to run into pages of another then, or a page was given out twice, and two stripes
 * wrote over each other's entries.
 */
class LinkTest {
  private static final int[] TESTED_STRIPES = {7, 8};

  /** Of the number and of the check; all of them take a minute. */
  private static final int[] BITS =
      Boolean.getBoolean("warmstart.all")
          ? IntStream.range(0, Long.SIZE).toArray()
          : new int[] {0, 1, 2, 3, 4, 5, 8, 13, 22, 23, 24, 25, 37, 62, 63};

  @TempDir Path parent;
  private IndexRoot root;
  private IndexModel model;

  /** A word with a link in it. */
  private record Word(String name, int file, int offset) {}

  @BeforeEach
  void populate() throws IOException {
    root = IndexRoot.open(parent.resolve("locks"));
    model = new IndexModel(new MemoryIndex());
    IndexModel.Member process = new IndexModel.Member(root, model.memory);
    for (int n = 0; n < 6; n++) {
      for (int run = 0; run < 4; run++) {
        model.publish(process, IndexModel.key(n), facts(run));
      }
    }
    for (int n = 0; n < 2; n++) {
      model.remove(process, IndexModel.key(n), "run-1");
    }
    for (int run = 0; run < 4; run++) {
      model.remove(process, IndexModel.key(5), "run-" + run);
    }
    model.assertCounted(process, "before");
  }

  @AfterEach
  void close() {
    root.close();
  }

  private static EntryFacts facts(int run) {
    return new EntryFacts("run-" + run, 1_000 + 17 * run % 31, run % 3 == 0, 100 + run);
  }

  /** All that lead to pages of entries, free entries and free slots of the tested stripes. */
  private List<Word> words() {
    List<Word> words = new ArrayList<>();
    words.add(new Word("pages used", 0, IndexLayout.PAGES_USED_OFFSET));
    for (int stripe : TESTED_STRIPES) {
      int head = IndexLayout.stripeHead(stripe);
      follow(words, "entry page", stripe, Link.ENTRY_PAGE, head + IndexLayout.ENTRY_PAGE_OFFSET);
      follow(words, "free entry", stripe, Link.FREE_ENTRY, head + IndexLayout.FREE_ENTRY_OFFSET);
      follow(words, "free slot", stripe, Link.FREE_SLOT, head + IndexLayout.FREE_SLOT_OFFSET);
    }
    for (int n = 0; n < 5; n++) {
      // Where work() looks for an entry before it puts one in.
      int bucket = EntryBuckets.of(IndexModel.key(n), Checks.ofRunId("run-9"));
      Word word = new Word("bucket " + bucket, 0, IndexLayout.ENTRY_BUCKETS_OFFSET + 8 * bucket);
      if (!words.contains(word)) {
        followBucket(words, bucket, IndexModel.key(n));
      }
    }
    assertEquals(words.size(), Set.copyOf(words).size());
    return words;
  }

  private void follow(List<Word> words, String name, int stripe, int kind, int headOffset) {
    UnsafeBuffer file = model.memory.file(0);
    int offset = headOffset;
    long at = Link.HEAD;
    for (int hop = 0; ; hop++) {
      words.add(new Word(name + " of " + stripe + " after " + hop, 0, offset));
      at = Link.number(file.getLong(offset), kind, stripe, at);
      assertNotEquals(Link.BROKEN, at);
      if (at == 0) {
        return;
      }
      offset =
          switch (kind) {
            case Link.ENTRY_PAGE -> IndexLayout.offsetOf((int) at) + IndexLayout.NEXT_PAGE_OFFSET;
            case Link.FREE_ENTRY ->
                IndexLayout.offsetOf((int) at / 8)
                    + (int) (at % 8) * IndexLayout.ENTRY_LENGTH
                    + IndexLayout.ENTRY_RUN_HASH_OFFSET;
            default ->
                IndexLayout.offsetOf((int) at / 4)
                    + (int) (at % 4) * IndexLayout.SLOT_LENGTH
                    + IndexLayout.NEXT_SLOT_OFFSET;
          };
    }
  }

  private void followBucket(List<Word> words, int bucket, Digest256 key) {
    UnsafeBuffer file = model.memory.file(0);
    int stripe = KeyLocks.stripeOf(key);
    int offset = IndexLayout.ENTRY_BUCKETS_OFFSET + 8 * bucket;
    words.add(new Word("bucket " + bucket, 0, offset));
    long at = Link.numberInBucket(file.getLong(offset), stripe, bucket);
    for (int hop = 1; at != 0; hop++) {
      assertNotEquals(Link.BROKEN, at);
      offset =
          IndexLayout.offsetOf((int) at / 8)
              + (int) (at % 8) * IndexLayout.ENTRY_LENGTH
              + IndexLayout.ENTRY_NEXT_OFFSET;
      words.add(new Word("bucket " + bucket + " after " + hop, 0, offset));
      at = Link.number(file.getLong(offset), Link.NEXT_ENTRY, stripe, at);
    }
  }

  private IndexModel flipped(Word word, int bit) {
    IndexModel copy = model.copy();
    UnsafeBuffer file = copy.memory.file(word.file());
    file.putLong(word.offset(), file.getLong(word.offset()) ^ 1L << bit);
    return copy;
  }

  /** Takes entries, slots and pages in both stripes, and gives some back. */
  private static void work(IndexModel at, IndexModel.Member process, Predicate<String> goOn) {
    for (int n = 10; n < 16 && goOn.test("key " + n); n++) {
      for (int run = 0; run < 6; run++) {
        at.publish(process, IndexModel.key(n), facts(run));
        // As a sweep does after each save: it looks at all entries of the stripe.
        process.records.next();
      }
    }
    for (int n = 10; n < 14 && goOn.test("key " + n); n++) {
      at.remove(process, IndexModel.key(n), "run-2");
    }
    for (int n = 0; n < 5 && goOn.test("key " + n); n++) {
      at.publish(process, IndexModel.key(n), facts(9));
    }
  }

  @Test
  void aFlippedBitEndsTheGenerationOrChangesNothing() {
    int ended = 0;
    List<Word> words = words();
    assertTrue(words.size() > 20, words::toString);
    for (Word word : words) {
      for (int bit : BITS) {
        String where = word + ", bit " + bit;
        IndexModel at = flipped(word, bit);
        IndexModel.Member process = new IndexModel.Member(root, at.memory);
        IndexFiles files = process.attached().files();

        work(at, process, step -> files.live());

        if (files.live()) {
          at.assertCounted(process, where);
        } else {
          ended++;
        }
        at.assertWinners(process, where);
      }
    }
    // Each word is come to by this much work.
    assertEquals(words.size() * BITS.length, ended);
  }

  /** They hold no lock, so what they see is no proof: the list ends for them. */
  @Test
  void readersWithoutTheLockFindNothingThatIsNotThere() {
    IndexModel.Member before = new IndexModel.Member(root, model.memory);
    for (Word word : words()) {
      for (int bit : BITS) {
        IndexModel at = flipped(word, bit);
        IndexModel.Member reader = new IndexModel.Member(root, at.memory);
        for (int stripe : TESTED_STRIPES) {
          Set<RecordedEntry> right = new HashSet<>(before.attached().entries().entries(stripe));
          List<RecordedEntry> seen = reader.attached().entries().entries(stripe);
          assertTrue(right.containsAll(seen), () -> word + ": " + seen);
        }
        reader.records.next();
        reader.records.touched(IndexModel.key(0), "run-0", 99_000);
        assertTrue(reader.attached().files().live(), "readers end nothing");
      }
    }
  }

  /** An entry that is in use and in the list of free ones would be given to another. */
  @Test
  void anEntryThatIsInUseIsNotTakenForAFreeOne() {
    IndexModel.Member process = new IndexModel.Member(root, model.memory);
    Word first =
        words().stream()
            .filter(word -> word.name().equals("free entry of 7 after 1"))
            .findFirst()
            .orElseThrow();
    int state = first.offset() - IndexLayout.ENTRY_RUN_HASH_OFFSET + IndexLayout.ENTRY_STATE_OFFSET;
    model.memory.file(0).putLong(state, IndexLayout.USED);
    IndexFiles before = process.attached().files();

    model.publish(process, IndexModel.key(0), facts(20));

    assertFalse(before.live(), "the generation goes on");
  }

  /** The whole way: a store comes to it, gives the index up, and counts the files. */
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
      long rebuilds = store.stats().counters().getOrDefault("rebuilds", 0L);
      IndexPatch.of(directory.resolve(".warmstart")).flipEntryPage(digest(key), 5);
      for (int run = 20; run < 22; run++) {
        // A sweep that looks for what has expired cannot follow the chain; the next save has the
        // lock, and ends the generation; the sweep after it counts the files.
        store.saveOverwrite(key, "run-" + run, new byte[50], EntryAttributes.checkpoint());
        store.evictOverflow();
      }

      assertEquals(rebuilds + 1, store.stats().counters().getOrDefault("rebuilds", 0L));
      long total = IndexPatch.of(directory.resolve(".warmstart")).total();
      assertEquals(store.stats().bytes(), total);
      assertTrue(store.verify().clean());
      assertEquals(22, store.stats().entries());
    }
  }

  private static Digest256 digest(Fingerprint key) {
    return Digest256.fromHex(key.toHex());
  }
}
