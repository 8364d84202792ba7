package io.warmstart.evict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.warmstart.Payloads;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the index knows of last uses is found by run. */
class RecordedUsesTest {
  private static final Digest256 KEY = Payloads.key("key").digest();
  private static final Digest256 OTHER = Payloads.key("other").digest();

  private static RecordedEntry entry(Digest256 key, String run, long lastUse, boolean accessed) {
    return new RecordedEntry(
        key, Checksums.ofRunId(run), run, 0, lastUse, accessed, Double.NaN, false);
  }

  @Test
  void aRunHasTheLatestOfItsAccessesAndNoneOfAnothers() {
    RecordedUses uses =
        new RecordedUses(
            List.of(
                entry(KEY, "twice", 5, true),
                entry(KEY, "twice", 7, true),
                entry(KEY, "twice", 9, false),
                entry(KEY, "never", 8, false),
                entry(OTHER, "elsewhere", 6, true)));

    assertEquals(entry(KEY, "twice", 7, true), uses.of(KEY, "twice"));
    assertEquals(entry(OTHER, "elsewhere", 6, true), uses.of(OTHER, "elsewhere"));
    assertNull(uses.of(KEY, "never"));
    assertNull(uses.of(KEY, "elsewhere"));
  }

  /** A dry run went through all runs of a key for each of them: 8 s of 16,000, a sweep 0.5 s. */
  @Test
  void manyRunsAreGoneThroughOnce() {
    List<RecordedEntry> entries = new ArrayList<>();
    for (int run = 0; run < 2000; run++) {
      entries.add(entry(KEY, "run-" + run, run, true));
    }
    AtomicInteger looks = new AtomicInteger();
    RecordedUses uses =
        new RecordedUses(
            new AbstractList<>() {
              @Override
              public RecordedEntry get(int index) {
                looks.incrementAndGet();
                return entries.get(index);
              }

              @Override
              public int size() {
                return entries.size();
              }
            });

    for (RecordedEntry each : entries) {
      assertEquals(each, uses.of(KEY, "run-" + each.lastUseNanos()));
    }

    assertEquals(entries.size(), looks.get());
  }
}
