package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Segments of very many keys, and a search beside their growth. */
@Timeout(120)
@Tag("once")
class ManyKeysTest {
  @TempDir Path parent;
  private IndexRoot root;
  private StripeOfKeys stripe;

  @BeforeEach
  void open() throws IOException {
    root = IndexRoot.open(parent);
    stripe = new StripeOfKeys(root);
  }

  @AfterEach
  void close() {
    root.close();
  }

  @Test
  void whoSearchesWhileASegmentGrowsFindsEachKeyOrWillAtTheNextLook() throws Exception {
    int many = 20_000;
    AtomicInteger there = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread reader =
        new Thread(
            () -> {
              Generation attached = new IndexModel.Member(root, stripe.memory).attached();
              SlotCursor at = new SlotCursor();
              for (int n = 0; there.get() < many; n++) {
                int known = there.get();
                // The product may overflow, and no key has a negative number.
                Digest256 key = StripeOfKeys.key(known == 0 ? 0 : Math.floorMod(n * 7919, known));
                // A look may fall between two stores of a split, and so do all while the writer
                // waits there for a processor; not one at each of ten keys that it goes on to
                // insert.
                boolean found = known == 0;
                int before = -1;
                for (int missed = 0; missed < 10 && !found; ) {
                  int now = there.get();
                  found = attached.keys().find(key, at);
                  missed += !found && (now != before || now == many) ? 1 : 0;
                  before = now;
                }
                assertTrue(found, "key of " + known);
              }
            });
    reader.setUncaughtExceptionHandler((thread, error) -> failure.set(error));
    reader.start();

    KeyTable writers = MemoryIndex.over(stripe.memory).keys();
    SlotCursor at = new SlotCursor();
    for (int n = 0; n < many; n++) {
      assertTrue(writers.insert(StripeOfKeys.key(n), stripe.fresh(), at));
      SlotCounts.account(at, StripeOfKeys.key(n), 100, 0);
      there.incrementAndGet();
    }
    reader.join();

    assertEquals(null, failure.get());
  }

  @Test
  void aHundredThousandKeysAndTwiceAsManyEntriesAreAllFound() {
    int many = 100_000;
    Generation attached = MemoryIndex.over(stripe.memory);
    SlotCursor at = new SlotCursor();
    for (int n = 0; n < many; n++) {
      assertTrue(attached.keys().insert(spread(n), stripe.fresh(), at));
      SlotCounts.account(at, spread(n), n + 1, 0);
      for (int run = 0; run < 2; run++) {
        assertTrue(
            attached
                .entries()
                .record(
                    spread(n), new EntryFacts("run-" + run, n, n, false, run, Double.NaN, false)));
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
    assertTrue(stripe.pagesUsed() < 110 << 10, "pages: " + stripe.pagesUsed());
  }

  private static Digest256 spread(int n) {
    return Digest256.ofWords(
        Checksums.mix(n), Checksums.mix(n + 1_000_000L), Checksums.mix(n + 2_000_000L), n);
  }
}
