package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that dies while a segment grows or is split loses no key for the next. */
@Timeout(120)
@Tag("once")
class SegmentDeathTest {
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
    while (there < least || !growsOn(StripeOfKeys.key(there))) {
      stripe.insert(StripeOfKeys.key(there++), 100);
    }
    int deaths = 0;
    boolean dead = true;
    while (dead) {
      MemoryIndex copy = stripe.memory.copy();
      IndexModel.Member dying = new IndexModel.Member(root, copy);
      dying.life.dieAfter(deaths);
      try {
        dying.attached().keys().insert(StripeOfKeys.key(there), stripe.fresh(), new SlotCursor());
        dead = false;
      } catch (DyingProcess.Death e) {
        deaths++;
      }
      Generation next = new IndexModel.Member(root, copy).attached();
      assertEquals(100L * there, sum(next), "after " + deaths + " stores");
      for (int n = there + 1; n <= there + more; n++) {
        assertTrue(next.keys().insert(StripeOfKeys.key(n), stripe.fresh(), new SlotCursor()));
      }
      for (int n = 0; n < there; n++) {
        SlotCursor at = new SlotCursor();
        assertTrue(next.keys().find(StripeOfKeys.key(n), at), deaths + ": key " + n);
        assertEquals(100, SlotCounts.bytes(at, StripeOfKeys.key(n)));
      }
      assertEquals(100L * there, sum(next), "after " + deaths + " stores, and more keys");
    }
    // The references are stored one by one.
    assertTrue(deaths > IndexLayout.DIRECTORY_LENGTH / 4, "deaths: " + deaths);
  }

  private static long sum(Generation generation) {
    long[] sum = new long[1];
    assertTrue(generation.keys().forEachBytes(StripeOfKeys.STRIPE, bytes -> sum[0] += bytes));
    return sum[0];
  }

  private boolean growsOn(Digest256 key) {
    MemoryIndex copy = stripe.memory.copy();
    KeyTable keys = MemoryIndex.over(copy).keys();
    int used = IndexLayout.PAGES_USED_OFFSET;
    assertTrue(keys.insert(key, stripe.fresh(), new SlotCursor()));
    // The first one needs pages too, and moves nothing.
    return stripe.places(key) > 0
        && copy.file(0).getLong(used) != stripe.memory.file(0).getLong(used);
  }
}
