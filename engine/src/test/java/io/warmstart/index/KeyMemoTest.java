package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.model.Fingerprint;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadLease;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.payload.Released;
import io.warmstart.process.StripeLocks;
import io.warmstart.ranking.Candidate;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a key object remembers is recalled while it holds, and never a mixture, nor freed memory.
 */
@Timeout(120)
class KeyMemoTest {
  private static final Duration RACE = Duration.ofMillis(800);

  /** What a race must have seen to show something. */
  private static final long LEAST = 100;

  private static final long NOW = TimeUnit.SECONDS.toNanos(1_700_000_000);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long MOST_AGE = 5 * SECOND;
  private static final int RANKING = 0;

  @TempDir Path parent;
  private final Fingerprint key = Fingerprint.ofDigest(IndexRoot.key(0));
  private final PayloadLease lease = new PayloadLease();
  private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
  private final IndexQuery query = new IndexQuery(lease, view);
  private final LongAdder recalled = new LongAdder();
  private final LongAdder mixtures = new LongAdder();
  private final LongAdder freed = new LongAdder();
  private PayloadCache cache;
  private IndexRoot root;
  private Index index;
  private Winners winners;
  private Readings readings;
  private volatile boolean over;

  @BeforeEach
  void makeSlot() throws IOException {
    cache = new PayloadCache(1 << 20);
    root = IndexRoot.open(parent.resolve("locks"));
    index = new MemoryIndex().attach(root, buffer -> buffer, cache);
    winners = new Winners(index, cache);
    readings = new Readings(index, cache);
    try (StripeLocks.Hold hold = hold()) {
      assertTrue(hold.heldAcrossProcesses());
      readings.makeSlot(key.digest());
    }
  }

  @AfterEach
  void close() {
    root.close();
  }

  private StripeLocks.Hold hold() {
    return root.stripes.acquireForScan(StripeLocks.stripeOf(key.digest()));
  }

  private HotEntry entry(long number) throws IOException {
    return entry(number, RANKING);
  }

  private HotEntry entry(long number, int ranking) throws IOException {
    UnsafeBuffer payload = new UnsafeBuffer(ByteBuffer.allocateDirect(8));
    payload.putLong(0, number);
    Manifest manifest =
        Manifest.ofNewEntry(
            "test",
            Stamp.ofUnixNanos(number),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            false,
            key.digest(),
            8);
    return new HotEntry(
        new KeyDirectory(parent, key.digest()),
        ranking,
        new Candidate(Long.toString(number), manifest),
        PayloadMemory.copyOf(payload, 0, 8),
        cache);
  }

  /** The entry wins from here on. */
  private boolean win(HotEntry entry) {
    index.changed(key.digest());
    ReadStamp readStamp = readings.beforeRead(key.digest(), NOW);
    try (StripeLocks.Hold hold = hold()) {
      return readStamp != null
          && hold.heldAcrossProcesses()
          && readings.fill(readStamp, RANKING, entry, NOW, 1);
    }
  }

  private HotEntry winAndRemember(long number) throws IOException {
    HotEntry entry = entry(number);
    assertTrue(win(entry));
    assertTrue(lease.take(entry));
    entry.watched(true);
    winners.remember(key, entry);
    assertTrue(lease.end());
    return entry;
  }

  private boolean recall(int ranking, long idle) {
    return winners.recall(key, ranking, NOW + idle, 3 * SECOND, NOW + idle, () -> MOST_AGE, query);
  }

  @Test
  void whatWasRememberedIsRecalled() throws IOException {
    assertFalse(recall(RANKING, 0), "nothing yet");
    HotEntry entry = winAndRemember(5);

    assertTrue(recall(RANKING, SECOND / 2));

    assertSame(entry, lease.held());
    assertEquals(5, view.getLong(0));
    lease.end();
    assertFalse(recall(1, 0), "another ranking");
    assertFalse(lease.holds());
    assertFalse(recall(RANKING, 3 * SECOND), "a long time");
    assertFalse(recall(RANKING, -SECOND), "a clock that was set back");
  }

  @Test
  void afterAChangeItIsNot() throws IOException {
    winAndRemember(5);
    index.changing(key.digest());
    assertFalse(recall(RANKING, 0));
    assertNull(lease.held());
  }

  @Test
  void afterAChangeOfAllItIsNot() throws IOException {
    winAndRemember(5);
    Generation attached = index.generations().current();
    assertNotNull(attached);
    attached.keys().changeAll(77);
    assertFalse(recall(RANKING, 0));
  }

  @Test
  void ofAnEntryThatIsRetiredItIsNot() throws IOException {
    HotEntry entry = winAndRemember(5);
    entry.retire();
    assertFalse(recall(RANKING, 0));
    assertTrue(Released.is(entry));
    winners.remember(key, entry);
    assertFalse(recall(RANKING, 0), "it was remembered too late");
  }

  /** Once a second a recall notes the use; where nobody tells of it, it leaves that to others. */
  @Test
  void aUseIsNotedOnceASecond() throws IOException {
    HotEntry entry = winAndRemember(5);
    assertTrue(recall(RANKING, SECOND / 2));
    lease.end();
    assertEquals(NOW, entry.lastUse());
    assertTrue(recall(RANKING, 3 * SECOND / 2));
    lease.end();
    assertEquals(NOW + 3 * SECOND / 2, entry.lastUse());
    assertTrue(recall(RANKING, 4 * SECOND), "two and a half after that");
    lease.end();
    entry.watched(false);
    assertTrue(recall(RANKING, 4 * SECOND + SECOND / 2), "it was noted half a second ago");
    assertTrue(lease.end());
    view.wrap(0, 0);
    assertFalse(recall(RANKING, 5 * SECOND + SECOND / 2));
    assertEquals(0, view.capacity(), "nothing is shown that nobody has a lease on");
  }

  /** While looks are made in the background, but not for too long. */
  @Test
  void afterTooLongWithoutALookItIsNot() throws IOException {
    HotEntry entry = winAndRemember(5);
    for (int second = 1; second < 5; second++) {
      assertTrue(recall(RANKING, second * SECOND + SECOND / 10));
      lease.end();
    }
    assertFalse(recall(RANKING, 5 * SECOND + SECOND / 5));
    entry.checkedAt(NOW + 5 * SECOND);
    assertTrue(recall(RANKING, 5 * SECOND + SECOND / 5));
  }

  /** Who has read another manifest than the one that is believed has found an unseen change. */
  @Test
  void whoHasReadAnotherManifestVoidsWhatIsBelieved() throws IOException {
    winAndRemember(5);
    for (long manifestCtime : new long[] {1, 2}) {
      ReadStamp readStamp = readings.beforeRead(key.digest(), NOW);
      try (StripeLocks.Hold hold = hold()) {
        assertTrue(hold.heldAcrossProcesses());
        assertNotNull(readStamp);
        HotEntry same = entry(5);
        assertEquals(
            manifestCtime == 1, readings.fill(readStamp, RANKING, same, NOW, manifestCtime));
      }
    }
    assertFalse(recall(RANKING, 0));
  }

  /** Two threads have the key remember, in turn, what is there and what was retired since. */
  @Test
  void neverAMixtureNorFreedMemory() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int reader = 0; reader < 2; reader++) {
      threads.add(new Thread(() -> read(RANKING)));
    }
    threads.add(new Thread(this::rememberAgain));
    threads.forEach(Thread::start);
    BooleanSupplier goesOn = Rounds.race(RACE, recalled::sum, LEAST);
    for (long n = 1; goesOn.getAsBoolean(); n++) {
      HotEntry entry = entry(n);
      if (win(entry) && lease.take(entry)) {
        winners.remember(key, entry);
        lease.end();
        for (int spin = 0; spin < 200; spin++) {
          Thread.onSpinWait();
        }
      }
    }
    assertNothingWrong(threads);
  }

  /** The state comes back to what it was: each of the two is remembered again and again. */
  @Test
  void twoRankingsOfOneKeyObjectAreNeverMixed() throws Exception {
    HotEntry[] entries = new HotEntry[2];
    index.changed(key.digest());
    ReadStamp readStamp = readings.beforeRead(key.digest(), NOW);
    assertNotNull(readStamp);
    for (int ranking = 0; ranking < 2; ranking++) {
      entries[ranking] = entry(ranking + 1, ranking);
      try (StripeLocks.Hold hold = hold()) {
        assertTrue(hold.heldAcrossProcesses());
        assertTrue(readings.fill(readStamp, ranking, entries[ranking], NOW, 1));
      }
      assertTrue(new PayloadLease().take(entries[ranking]));
    }
    List<Thread> threads = new ArrayList<>();
    for (int ranking = 0; ranking < 2; ranking++) {
      int asked = ranking;
      threads.add(new Thread(() -> read(asked)));
      threads.add(
          new Thread(
              () -> {
                while (!over) {
                  winners.remember(key, entries[asked]);
                }
              }));
    }
    threads.forEach(Thread::start);
    BooleanSupplier goesOn = Rounds.race(RACE.multipliedBy(2), recalled::sum, LEAST);
    while (goesOn.getAsBoolean()) {
      LockSupport.parkNanos(RACE.toNanos() / 10);
    }
    assertNothingWrong(threads);
  }

  private void assertNothingWrong(List<Thread> threads) throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, mixtures.sum());
    assertEquals(0, freed.sum());
    assertTrue(recalled.sum() >= LEAST, "recalled: " + recalled.sum());
  }

  private void rememberAgain() {
    PayloadLease own = new PayloadLease();
    while (!over) {
      HotEntry last = winners.inMemory(key.digest(), RANKING);
      if (last != null && own.take(last)) {
        winners.remember(key, last);
        own.end();
      }
    }
  }

  private void read(int ranking) {
    PayloadLease own = new PayloadLease();
    UnsafeBuffer shown = new UnsafeBuffer(0, 0);
    IndexQuery asked = new IndexQuery(own, shown);
    while (!over) {
      if (winners.recall(key, ranking, NOW, 3 * SECOND, NOW, () -> MOST_AGE, asked)) {
        HotEntry held = (HotEntry) own.held();
        recalled.increment();
        if (held == null || Released.is(held)) {
          freed.increment();
        } else if (held.ranking() != ranking
            || shown.addressOffset() != held.address()
            || shown.getLong(0) != Long.parseLong(held.candidate().runId())) {
          mixtures.increment();
        }
        own.end();
      }
    }
  }
}
