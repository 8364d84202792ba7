package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.InMemory;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Process-safe versions in full segments give way to later ones, without a pair of their own. */
@Timeout(120)
class GivingWayTest {
  private static final Fingerprint KEY = Payloads.key("k");
  private static final Fingerprint OTHER = Payloads.key("other");
  private static final int LENGTH = 30_000;

  /** More than all segments of a process hold. */
  private static final int MANY = 400;

  @TempDir(factory = InMemory.class)
  Path root;

  private final FaultyFileOps ops = new FaultyFileOps();

  private WarmStartStore open() {
    // The smallest budget that has a journal, whose segments are the smallest.
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withSizeBudgetBytes(64 << 20)
            .withPolicy(PolicyUse.CHANGE)
            .withDurability(Durability.PROCESS_SAFE)
            .withFileOps(ops));
  }

  private static void save(WarmStartStore store, Fingerprint key) {
    store.saveOverwrite(key, "r", new byte[LENGTH], EntryAttributes.checkpoint());
  }

  /** They lay behind an open record, neither in pairs nor gone, and could not be removed. */
  @Test
  void aRunIsRemovedBesideAnOpenReservation() {
    try (WarmStartStore store = open()) {
      Journalled.until(store, () -> save(store, KEY));
      Journalled.until(store, () -> save(store, OTHER));
      try (Reservation open =
          store.reserveOverwrite(OTHER, "r", LENGTH, EntryAttributes.checkpoint())) {
        for (int i = 0; i < MANY; i++) {
          save(store, KEY);
        }

        assertTrue(store.remove(KEY, "r"));
        assertEquals(LENGTH, open.buffer().capacity());
      }
      assertTrue(store.lookup(KEY).isEmpty());
    }
  }

  /** Else a run whose pair cannot be made is saved on and on, and a power cut takes all of it. */
  @Test
  void savesOfARunWhosePairCannotBeMadeFailInTheEnd() {
    try (WarmStartStore store = open()) {
      Journalled.until(store, () -> save(store, KEY));
      store.flush();
      ops.onlyAt(op -> op.kind() == Kind.CREATE);
      ops.countAllThreads();
      ops.arm(Fault.ENOSPC, true, 0, root);
      long failures = store.stats().count(StoreCounter.JOURNAL_FAILURES);
      save(store, KEY);
      assertThrows(StoreException.class, store::flush);

      assertThrows(
          StoreException.class,
          () -> {
            for (int i = 0; i < MANY; i++) {
              save(store, KEY);
            }
          });
      assertTrue(store.stats().count(StoreCounter.JOURNAL_FAILURES) > failures);
      ops.disarm();
      save(store, KEY);
    }
  }

  /** Its segments begin another life dozens of times; each would need a pair. */
  @Test
  void aLoopMakesPairsByTheClockAndNotByTheSegment() {
    AtomicInteger pairs = new AtomicInteger();
    ops.onlyAt(
        op -> {
          if (op.kind() == Kind.RENAME && String.valueOf(op.target()).endsWith("r.json")) {
            pairs.incrementAndGet();
          }
          return false;
        });
    ops.countAllThreads();
    // Never: it looks at the operations alone.
    ops.arm(Fault.EIO, false, Long.MAX_VALUE, root);
    try (WarmStartStore store = open()) {
      Journalled.until(store, () -> save(store, KEY));
      pairs.set(0);
      long journalled = Journalled.count(store);
      long began = System.nanoTime();
      int saves = 5 * MANY;
      for (int i = 0; i < saves; i++) {
        save(store, KEY);
      }
      long intoFiles = saves - (Journalled.count(store) - journalled);
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began);

      long ofRecords = pairs.get() - intoFiles;
      assertTrue(
          ofRecords <= 3 * (seconds + 2),
          () -> ofRecords + " pairs in " + seconds + " s, " + intoFiles + " saves into files");
    }
  }
}
