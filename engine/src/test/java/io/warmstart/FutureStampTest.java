package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.VerifyReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A virtual machine booted with its clock a year ahead, and a fit saved. The clock was set right,
 * and for a year to come no TTL ended what had been saved.
 */
class FutureStampTest {
  private static final Duration AHEAD = Duration.ofDays(365);
  private static final Duration TTL = Duration.ofDays(30);

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();
  private final Fingerprint key = Payloads.key("saved ahead");
  private final StoreOptions options = StoreOptions.defaults().withClock(clock).withTtl(TTL);

  /** Saves while the clock is ahead; it is right again afterwards. */
  @BeforeEach
  void saveAhead() {
    clock.advance(AHEAD);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.saveOverwrite(key, "run", new byte[] {1}, EntryAttributes.checkpoint());
    }
    clock.advance(AHEAD.negated());
  }

  @Test
  void anEntryOfTheFutureIsFoundUntilItsTtlHasPassedByTheRightClock() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      assertTrue(store.lookup(key).isPresent());
      assertTrue(
          store.explain(key, Ranking.LATEST).toString().contains("stamped ahead of the clock"),
          "explain does not tell");
    }
    clock.advance(TTL.plusHours(1));
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      assertFalse(store.lookup(key).isPresent());
      assertTrue(
          store.explain(key, Ranking.LATEST).toString().contains("expired"),
          "explain does not say why");
    }
  }

  @Test
  void aSweepRemovesIt() throws Exception {
    KeyFiles.removeIndex(root);
    clock.advance(TTL.plusHours(1));
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      EvictionReport report = store.evictOverflow();
      assertEquals(1, report.expired(), report.toString());
      assertTrue(store.verify().clean());
    }
  }

  @Test
  void anIndexThatHasCountedItDiffersFromNothing() throws Exception {
    KeyFiles.removeIndex(root);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.evictOverflow();
      VerifyReport report = store.verify();
      assertTrue(report.clean(), report.toString());
    }
  }

  /** Counted by when its file had changed, it was taken for used since once the clock was ahead. */
  @Test
  void whatWasCountedWhileItsStampLayAheadGoesWithTheFirstSweepOnceItHasExpired() throws Exception {
    KeyFiles.removeIndex(root);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      assertEquals(0, store.evictOverflow().expired());
    }
    clock.advance(AHEAD.plus(TTL).plusHours(1));
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      EvictionReport report = store.evictOverflow();
      assertEquals(1, report.expired(), report.toString());
    }
  }

  /** The fit went on after it, and the latest was what had been saved before for a year to come. */
  @Test
  void whatIsSavedAfterItIsTheLatest() {
    for (byte each = 2; each < 5; each++) {
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        store.save(key, new byte[] {each}, EntryAttributes.checkpoint());
        try (Entry latest = store.lookupLatest(key).orElseThrow()) {
          assertEquals(each, latest.payload().getByte(0));
        }
      }
    }
  }

  @Test
  void whatIsSavedUnderAnotherKeyHasTheStampOfTheRightClock() {
    Fingerprint other = Payloads.key("another");
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.save(other, new byte[] {2}, EntryAttributes.checkpoint());
      try (Entry entry = store.lookup(other).orElseThrow()) {
        assertTrue(entry.writtenUnixSecs() <= TimeUnit.NANOSECONDS.toSeconds(clock.nanoTime()));
      }
    }
  }
}
