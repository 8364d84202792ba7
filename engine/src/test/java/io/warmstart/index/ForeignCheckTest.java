package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.SlotCursor;
import io.warmstart.model.Digest256;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadLease;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a lookup looks at the directory, by a clock that may lag behind that of the last look. */
class ForeignCheckTest {
  private static final Digest256 KEY = IndexRoot.key(0);
  private static final long LOOKED_AT = TimeUnit.SECONDS.toNanos(1_700_000_000);
  private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(10);

  /** No directory that is there has it: who looks sees that the key has changed. */
  private static final long ANOTHER_CTIME = 5;

  @TempDir Path parent;
  private IndexRoot root;
  private Winners winners;

  @BeforeEach
  void fillWithMiss() throws IOException {
    root = IndexRoot.open(parent.resolve("locks"));
    PayloadCache cache = new PayloadCache(1 << 20);
    Index index = new MemoryIndex().attach(root, buffer -> buffer, cache);
    winners = new Winners(index, cache);
    Readings readings = new Readings(index, cache);
    try (StripeLocks.Hold hold = root.stripes.acquireForScan(StripeLocks.stripeOf(KEY))) {
      assertTrue(hold.heldAcrossProcesses());
      readings.makeSlot(KEY);
      Generation attached = index.generations().current();
      assertNotNull(attached);
      SlotCursor at = new SlotCursor();
      assertTrue(attached.keys().find(KEY, at));
      long changes = attached.keys().changes(at);
      ReadStamp readStamp =
          new ReadStamp(attached, KEY, changes, ANOTHER_CTIME, LOOKED_AT, ANOTHER_CTIME, 0);
      assertTrue(readings.fill(readStamp, 0, null, 0, 0));
    }
  }

  @AfterEach
  void close() {
    root.close();
  }

  private Winners.Found find(long millisSinceLook, long intervalNanos) {
    long now = LOOKED_AT + TimeUnit.MILLISECONDS.toNanos(millisSinceLook);
    IndexQuery query = new IndexQuery(new PayloadLease(), new UnsafeBuffer(0, 0));
    return winners.find(KEY, 0, now, intervalNanos, intervalNanos, query);
  }

  @Test
  void withinTheIntervalTheLastLookWillDo() {
    assertEquals(Winners.Found.MISS, find(9, INTERVAL));
  }

  @Test
  void afterTheIntervalItIsLookedAgain() {
    assertEquals(Winners.Found.UNKNOWN, find(10, INTERVAL));
  }

  @Test
  void clockThatLagsALittleCostsNoLook() {
    assertEquals(Winners.Found.MISS, find(-9, INTERVAL));
  }

  @Test
  void clockThatWasSetBackDoes() {
    assertEquals(Winners.Found.UNKNOWN, find(-21, TimeUnit.DAYS.toNanos(1)));
  }

  @Test
  void withoutAnIntervalEachLookupLooksHoweverItsClockLags() {
    assertEquals(Winners.Found.UNKNOWN, find(-3, 0));
  }
}
