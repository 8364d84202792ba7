package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.openhft.chronicle.bytes.BytesStore;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A lease shows its version until it is closed, and nothing after. */
class LeaseTest {
  /** Copied into native memory, and mapped. */
  private static final int SMALL = 1000;

  private static final int LARGE = 1 << 20;

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("lease");
  private WarmStartStore store;

  @BeforeEach
  void open() {
    store = WarmStartStore.open(root);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] payload(int length, int seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private void save(byte[] payload) {
    store.saveOverwrite(key, "run", payload, EntryAttributes.checkpoint().withIteration(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {SMALL, LARGE})
  void itSurvivesOverwriteEvictionAndTheStoreItself(int length) {
    byte[] first = payload(length, 1);
    save(first);
    try (Entry lease = store.lookup(key).orElseThrow()) {
      save(payload(length, 2));
      assertArrayEquals(first, Payloads.bytes(lease));

      StoreOptions nothingFits =
          StoreOptions.defaults().withSizeBudgetBytes(0).withPolicy(PolicyUse.THIS_STORE_ONLY);
      try (WarmStartStore sweeper = WarmStartStore.open(root, nothingFits)) {
        assertEquals(1, sweeper.evictOverflow().evicted());
      }
      assertArrayEquals(first, Payloads.bytes(lease));

      store.close();
      assertArrayEquals(first, Payloads.bytes(lease));
      assertEquals("run", lease.runId());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {SMALL, LARGE})
  void afterCloseEveryAccessThrowsAndNoneReachesTheMemory(int length) {
    save(payload(length, 1));
    Entry lease = store.lookup(key).orElseThrow();
    DirectBuffer view = lease.payload();
    assertEquals(length, view.capacity());

    lease.close();
    lease.close();

    assertEquals(0, view.capacity());
    assertThrows(IndexOutOfBoundsException.class, () -> view.getByte(0));
    assertThrows(IndexOutOfBoundsException.class, () -> view.getLong(0));
    assertThrows(IllegalStateException.class, lease::payload);
    assertThrows(IllegalStateException.class, lease::bytes);
    assertThrows(IllegalStateException.class, lease::payloadLength);
    assertThrows(IllegalStateException.class, lease::runId);
    assertThrows(IllegalStateException.class, lease::kind);
    assertThrows(IllegalStateException.class, lease::objective);
    assertThrows(IllegalStateException.class, lease::iteration);
    assertThrows(IllegalStateException.class, lease::writtenUnixSecs);
    assertThrows(IllegalStateException.class, lease::writtenNanos);
  }

  /** What was handed out before must not show freed memory either. */
  @ParameterizedTest
  @ValueSource(ints = {SMALL, LARGE})
  void afterCloseBytesThatWereKeptThrow(int length) {
    save(payload(length, 1));
    Entry lease = store.lookup(key).orElseThrow();
    BytesStore<?, ?> kept = lease.bytes();
    assertEquals(length, kept.readRemaining());
    lease.close();
    assertThrows(RuntimeException.class, () -> kept.readByte(0));
  }

  /** What an entry leaves to the next lookup when it is closed must not lead back into it. */
  @ParameterizedTest
  @ValueSource(ints = {SMALL, LARGE})
  void whatWasKeptOfAClosedEntryShowsNothingOfTheNext(int length) throws IOException {
    save(payload(length, 1));
    Entry before = store.lookup(key).orElseThrow();
    DirectBuffer view = before.payload();
    BytesStore<?, ?> bytes = before.bytes();
    InputStream stream = before.stream();
    assertEquals(payload(length, 1)[0] & 0xff, stream.read());
    before.close();

    try (Entry after = store.lookup(key).orElseThrow()) {
      assertEquals(length, after.payload().capacity());
      assertEquals(0, view.capacity());
      assertThrows(RuntimeException.class, () -> bytes.readByte(0));
      assertThrows(IOException.class, stream::read);
      assertThrows(IllegalStateException.class, before::runId);
      assertThrows(IllegalStateException.class, before::pinned);
      before.close();
      assertArrayEquals(payload(length, 1), Payloads.bytes(after));
    }
  }

  @Test
  void anEntryThatIsClosedTwiceServesNoTwoLookupsAtOnce() {
    save(payload(SMALL, 1));
    Fingerprint other = Payloads.key("lease, other");
    store.save(other, payload(LARGE, 2), EntryAttributes.finalResult());
    Entry before = store.lookup(key).orElseThrow();
    before.close();
    before.close();
    try (Entry one = store.lookup(key).orElseThrow();
        Entry two = store.lookup(other).orElseThrow()) {
      assertArrayEquals(payload(SMALL, 1), Payloads.bytes(one));
      assertArrayEquals(payload(LARGE, 2), Payloads.bytes(two));
    }
  }

  @Test
  void anEntryMadeForOneLookupMayBeUsedForMore() {
    save(payload(SMALL, 1));
    Entry open = store.lookup(key).orElseThrow();
    DirectBuffer view = open.payload();
    assertTrue(store.lookup(key, Ranking.LATEST, open));
    assertEquals(0, view.capacity());
    assertArrayEquals(payload(SMALL, 1), Payloads.bytes(open));
    open.close();
    assertTrue(store.lookup(key, Ranking.LATEST, open));
    assertFalse(open.pinned());
    open.close();
    assertThrows(IllegalStateException.class, open::payload);
  }

  @Test
  void moreEntriesThanAnyPoolKeepsAreReadAtOnceAndNoneIsForgotten() {
    save(payload(SMALL, 1));
    for (int round = 0; round < 2; round++) {
      List<Entry> open = new ArrayList<>();
      for (int each = 0; each < 50; each++) {
        open.add(store.lookup(key).orElseThrow());
      }
      open.forEach(entry -> assertArrayEquals(payload(SMALL, 1), Payloads.bytes(entry)));
      open.forEach(Entry::close);
    }
    System.gc();
    assertEquals(0, forgotten());
  }

  @Test
  void aLeaseThatHasServedOthersIsReclaimedWhenItIsForgotten() {
    save(payload(LARGE, 1));
    Entry before = store.lookup(key).orElseThrow();
    DirectBuffer kept = before.payload();
    before.close();
    forget();
    Await.until(
        "it is reclaimed",
        () -> {
          System.gc();
          return forgotten() > 0;
        });
    assertEquals(0, kept.capacity());
  }

  @Test
  void anEntryThatWasNeverFilledIsClosed() {
    assertThrows(IllegalStateException.class, () -> new Entry().payload());
    new Entry().close();
  }

  @Test
  void aReusedEntryShowsTheLatestHitAndNothingAfterAMiss() {
    save(payload(SMALL, 1));
    Fingerprint other = Payloads.key("lease, other");
    store.save(other, payload(LARGE, 2), EntryAttributes.finalResult());
    try (Entry reused = new Entry()) {
      assertTrue(store.lookup(key, Ranking.LATEST, reused));
      DirectBuffer view = reused.payload();
      assertArrayEquals(payload(SMALL, 1), Payloads.bytes(reused));
      assertTrue(store.lookup(other, Ranking.LATEST, reused));
      assertArrayEquals(payload(LARGE, 2), Payloads.bytes(reused));
      assertEquals(EntryKind.FINAL, reused.kind());
      assertFalse(store.lookup(Payloads.key("absent"), Ranking.LATEST, reused));
      assertThrows(IllegalStateException.class, reused::payload);
      assertEquals(0, view.capacity());
    }
  }

  @Test
  void aLeaseThatIsForgottenIsReclaimedAndCounted() {
    save(payload(SMALL, 1));
    save(payload(LARGE, 1));
    store.lookup(key).orElseThrow().close();
    forget();
    Await.until(
        "it is reclaimed",
        () -> {
          System.gc();
          return forgotten() > 0;
        });
    assertEquals(1, forgotten(), "the closed one is not");
  }

  private void forget() {
    assertEquals(LARGE, store.lookup(key).orElseThrow().payloadLength());
  }

  private long forgotten() {
    return store.stats().count(StoreCounter.FORGOTTEN_LEASES);
  }

  @Test
  void aPayloadOf64MebibytesCostsNoHeap() {
    byte[] large = payload(64 << 20, 3);
    store.save(key, large, EntryAttributes.checkpoint());
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (boolean verified : new boolean[] {false, true}) {
      long before = threads.getCurrentThreadAllocatedBytes();
      try (Entry entry = store.lookup(key).orElseThrow()) {
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 1 << 20, "allocated: " + allocated + " verified: " + verified);
        assertEquals(large.length, entry.payload().capacity());
        byte[] read = new byte[1 << 20];
        for (int offset = 0; offset < large.length; offset += read.length) {
          entry.payload().getBytes(offset, read);
          assertTrue(
              Arrays.equals(read, 0, read.length, large, offset, offset + read.length),
              "at " + offset);
        }
      }
    }
  }
}
