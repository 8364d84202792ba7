package io.warmstart.payload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Memory is freed once, after the last lease on it, and never under one. */
@Timeout(60)
class LeasesTest {
  private static final Duration RACE = Duration.ofMillis(500);

  /** What a race must have seen to show something. */
  private static final long LEAST = 1000;

  @TempDir Path directory;
  private final PayloadCache cache = new PayloadCache(1 << 20);

  /** A payload that counts how often it was forgotten. */
  private static final class Payload extends CachedPayload {
    private int forgotten;

    private Payload(PayloadMemory memory, PayloadCache cache) {
      super(memory, cache);
    }

    @Override
    protected void forget() {
      forgotten++;
    }
  }

  private Payload payload() throws IOException {
    Path file = directory.resolve("payload");
    if (!Files.exists(file)) {
      Files.write(file, new byte[64]);
    }
    try (FileOps.FileHandle handle = new NioFileOps().openForReading(file)) {
      return new Payload(PayloadMemory.load(handle, 64, false).memory(), cache);
    }
  }

  @Test
  void aRetiredPayloadIsFreedAtOnceIfNobodyReads() throws IOException {
    Payload payload = payload();
    payload.retire();
    assertTrue(payload.memory().released());
    assertEquals(1, payload.forgotten);
    payload.retire();
    assertEquals(1, payload.forgotten, "once");
  }

  @Test
  void aRetiredPayloadIsFreedWithItsLastLease() throws IOException {
    Payload payload = payload();
    PayloadLease one = new PayloadLease();
    PayloadLease two = new PayloadLease();
    assertTrue(one.take(payload));
    assertTrue(two.take(payload));
    payload.retire();
    assertFalse(payload.memory().released());
    assertTrue(one.end());
    assertFalse(payload.memory().released(), "the other still reads");
    assertTrue(two.end());
    assertTrue(payload.memory().released());
    assertFalse(two.end(), "there was none");
    assertEquals(0, cache.waiting());
  }

  @Test
  void nobodyTakesALeaseOnARetiredPayload() throws IOException {
    Payload payload = payload();
    payload.retire();
    PayloadLease lease = new PayloadLease();
    assertFalse(lease.take(payload));
    assertEquals(null, lease.held());
  }

  @Test
  void aLeaseIsRegisteredFromItsFirstTakeUntilItIsDiscarded() throws IOException {
    Payload payload = payload();
    PayloadLease lease = new PayloadLease();
    for (int each = 0; each < 3; each++) {
      assertTrue(lease.take(payload));
      assertTrue(lease.end());
      assertEquals(1, cache.leases.size());
    }
    assertFalse(lease.discard());
    assertEquals(0, cache.leases.size());
    assertTrue(lease.take(payload), "registered again");
    payload.retire();
    assertFalse(payload.memory().released());
    assertTrue(lease.discard());
    assertTrue(payload.memory().released());
    assertEquals(0, cache.leases.size());
  }

  /** Looking at a thousand leases for each payload that goes would make overwrites slow. */
  @Test
  void besideManyLeasesPayloadsWaitAndAreFreedTogether() throws IOException {
    Payload held = payload();
    List<PayloadLease> leases = new ArrayList<>();
    for (int each = 0; each < 160; each++) {
      PayloadLease lease = new PayloadLease();
      assertTrue(lease.take(held));
      leases.add(lease);
    }
    List<Payload> gone = new ArrayList<>();
    for (int each = 0; each < 9; each++) {
      Payload payload = payload();
      payload.retire();
      gone.add(payload);
    }
    assertEquals(9, cache.waiting());
    Payload tenth = payload();
    tenth.retire();
    assertEquals(0, cache.waiting());
    assertTrue(gone.stream().allMatch(each -> each.memory().released()));
    assertFalse(held.memory().released());
    leases.forEach(PayloadLease::discard);
    assertEquals(0, cache.leases.size());
  }

  @Test
  void leasesOfOneCacheAreNotThoseOfAnother() throws IOException {
    Payload here = payload();
    PayloadCache elsewhere = new PayloadCache(1 << 20);
    Payload there = new Payload(payload().memory(), elsewhere);
    PayloadLease lease = new PayloadLease();
    assertTrue(lease.take(here));
    lease.end();
    assertTrue(lease.take(there));
    there.retire();
    assertFalse(there.memory().released());
    lease.end();
    assertTrue(there.memory().released());
    assertEquals(0, cache.leases.size(), "registered elsewhere");
  }

  /**
   * Two threads take and end leases as fast as they can on what a third retires under them: none
   * that has taken a lease finds its memory freed.
   */
  @Test
  void noReaderFindsItsMemoryFreed() throws Exception {
    LongAdder freed = new LongAdder();
    LongAdder taken = new LongAdder();
    race(PayloadLease::take, freed, taken, Rounds.race(RACE, taken::sum, LEAST));
    assertEquals(0, freed.sum());
    assertTrue(taken.sum() >= LEAST, "taken: " + taken.sum());
    assertEquals(0, cache.waiting());
  }

  /**
   * The same with a reader that looks first and tells after: which shows that the race is there.
   */
  @Test
  void aReaderThatLooksBeforeItTellsFindsItsMemoryFreed() throws Exception {
    LongAdder freed = new LongAdder();
    race(
        (lease, payload) -> {
          boolean late = payload.retired();
          lease.name(payload);
          if (late) {
            lease.end();
          }
          return !late;
        },
        freed,
        new LongAdder(),
        Rounds.race(Duration.ZERO, freed::sum, 1));
    assertTrue(freed.sum() > 0);
  }

  private void race(
      BiPredicate<PayloadLease, CachedPayload> take,
      LongAdder freed,
      LongAdder taken,
      BooleanSupplier goesOn)
      throws Exception {
    AtomicReference<Payload> shown = new AtomicReference<>(payload());
    AtomicBoolean end = new AtomicBoolean();
    List<Thread> readers = new ArrayList<>();
    for (int each = 0; each < 2; each++) {
      readers.add(
          new Thread(
              () -> {
                PayloadLease lease = new PayloadLease();
                while (!end.get()) {
                  Payload payload = Objects.requireNonNull(shown.get());
                  if (take.test(lease, payload)) {
                    taken.increment();
                    for (int look = 0; look < 20; look++) {
                      if (payload.memory().released()) {
                        freed.increment();
                      }
                    }
                    lease.end();
                  }
                }
                lease.discard();
              }));
    }
    readers.forEach(Thread::start);
    while (goesOn.getAsBoolean()) {
      Payload next = payload();
      Objects.requireNonNull(shown.getAndSet(next)).retire();
    }
    end.set(true);
    for (Thread reader : readers) {
      reader.join();
    }
    Objects.requireNonNull(shown.get()).retire();
  }
}
