package io.warmstart.stress.original;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The port and this store read and overwrite each other's entries on one root. */
class OriginalBesideWarmStartTest extends OriginalFixture {
  /** One that looks before each answer: the original tells no index what it does. */
  private WarmStartStore openLooking() {
    return WarmStartStore.open(
        root, StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO));
  }

  @Test
  void warmStartStoreReadsWhatThePortWrites() throws IOException {
    OriginalStore original = open(MIB);
    Fingerprint key = key("port writes");
    original.save(
        key, bytes("worse"), OptionalDouble.of(2.5), OptionalLong.of(1), EntryKind.CHECKPOINT);
    String best =
        original.save(
            key, bytes("better"), OptionalDouble.of(1e-7), OptionalLong.of(-1), EntryKind.FINAL);
    original.save(
        key, bytes("bare"), OptionalDouble.empty(), OptionalLong.empty(), EntryKind.CHECKPOINT);

    try (WarmStartStore store = openLooking();
        Entry lowest = store.lookup(key).orElseThrow();
        Entry latest = store.lookupLatest(key).orElseThrow()) {
      assertArrayEquals(bytes("better"), payload(lowest));
      assertEquals(best, lowest.runId());
      assertEquals(OptionalDouble.of(1e-7), lowest.objective());
      assertEquals(OptionalLong.of(-1), lowest.iteration());
      assertEquals(EntryKind.FINAL, lowest.kind());
      assertArrayEquals(bytes("bare"), payload(latest));
      assertTrue(latest.objective().isEmpty());
      assertTrue(latest.iteration().isEmpty());
      assertTrue(store.verify().clean());
    }
  }

  @Test
  void portReadsWhatWarmStartStoreWrites() throws IOException {
    Fingerprint key = key("port reads");
    try (WarmStartStore store = openLooking()) {
      store.save(key, bytes("worse"), EntryAttributes.checkpoint().withObjective(2.5));
      store.save(
          key,
          bytes("better"),
          EntryAttributes.finalResult().withObjective(-1e300).withIteration(-1));
      store.save(key, bytes("bare"), EntryAttributes.checkpoint());
    }

    OriginalEntry latest = open(MIB).lookupLatest(key).orElseThrow();
    OriginalEntry lowest = open(MIB).lookup(key).orElseThrow();

    assertArrayEquals(bytes("bare"), latest.payload());
    assertTrue(latest.objective().isEmpty());
    assertTrue(latest.iteration().isEmpty());
    assertArrayEquals(bytes("better"), lowest.payload());
    assertEquals(OptionalDouble.of(-1e300), lowest.objective());
    assertEquals(OptionalLong.of(-1), lowest.iteration());
    assertEquals(EntryKind.FINAL, lowest.kind());
    assertTrue(open(MIB).lookup(key("absent")).isEmpty());
  }

  @Test
  void bothOverwriteTheSameRunOnALiveRoot() throws IOException {
    OriginalStore original = open(MIB);
    Fingerprint key = key("in turns");
    try (WarmStartStore store = openLooking()) {
      String runId = store.save(key, bytes("0"), EntryAttributes.checkpoint().withIteration(0));
      for (int i = 1; i <= 20; i++) {
        byte[] payload = bytes("version " + i);
        if (i % 2 == 0) {
          store.saveOverwrite(key, runId, payload, EntryAttributes.checkpoint().withIteration(i));
        } else {
          original.saveOverwrite(
              key,
              runId,
              payload,
              OptionalDouble.empty(),
              OptionalLong.of(i),
              EntryKind.CHECKPOINT);
        }

        assertArrayEquals(payload, original.lookup(key).orElseThrow().payload());
        try (Entry entry = store.lookup(key).orElseThrow()) {
          assertArrayEquals(payload, payload(entry));
          assertEquals(OptionalLong.of(i), entry.iteration());
        }
      }
      assertEquals(List.of(runId + ".bin", runId + ".json"), names(key));
    }
  }

  private static byte[] payload(Entry entry) {
    byte[] bytes = new byte[Math.toIntExact(entry.payloadLength())];
    entry.payload().getBytes(0, bytes);
    return bytes;
  }
}
