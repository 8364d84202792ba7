package io.warmstart.jmh.original;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.EntryAttributes;
import io.warmstart.EntryKind;
import io.warmstart.Fingerprint;
import io.warmstart.Fingerprinter;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OriginalStoreTest {
  private static final long MIB = 1L << 20;

  @TempDir Path root;

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
      assertTrue(store.verify(false, (done, total) -> {}).clean());
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

  @Test
  void everyHitOfThePortRewritesTheManifestAndSoReordersTheLatest() throws IOException {
    OriginalStore original = open(MIB);
    Fingerprint key = key("touch");
    String best =
        original.save(
            key, bytes("best"), OptionalDouble.of(1), OptionalLong.empty(), EntryKind.CHECKPOINT);
    original.save(
        key, bytes("latest"), OptionalDouble.of(2), OptionalLong.empty(), EntryKind.CHECKPOINT);
    Path manifest = root.resolve(key.toHex()).resolve(best + ".json");

    for (int hit = 0; hit < 4; hit++) {
      // A modification time of the past: what the file's clock is too coarse to tell apart.
      Files.setLastModifiedTime(manifest, FileTime.fromMillis(1_000_000L + hit));
      OriginalManifest before = OriginalManifest.ofJson(Files.readAllBytes(manifest));

      assertArrayEquals(bytes("best"), original.lookup(key).orElseThrow().payload());

      OriginalManifest after = OriginalManifest.ofJson(Files.readAllBytes(manifest));
      assertTrue(after.accessed());
      assertTrue(after.isNewerThan(before));
    }
    assertArrayEquals(bytes("best"), open(MIB).lookupLatest(key).orElseThrow().payload());
  }

  @Test
  void portSweepsAtTheFirstSaveAndEvery32nd() throws IOException {
    OriginalStore filler = open(MIB);
    for (int i = 0; i < 4; i++) {
      saveBare(filler, key("old " + i), new byte[1000]);
    }
    OriginalStore tight = open(3000);
    saveBare(tight, key("first"), new byte[1000]);
    assertTrue(bytesOnDisk() <= 3000, "after the first save");

    for (int save = 2; save <= 32; save++) {
      saveBare(tight, key("then " + save), new byte[1000]);
    }
    assertTrue(bytesOnDisk() > 32_000, "between two sweeps nothing is evicted");

    saveBare(tight, key("last"), new byte[1000]);
    assertTrue(bytesOnDisk() <= 3000, "after the 33rd save");
    assertTrue(tight.lookup(key("last")).isPresent());
    assertFalse(tight.lookup(key("first")).isPresent());
  }

  @Test
  void portTakesAWrongPayloadForBrokenAndRemovesThePair() throws IOException {
    OriginalStore original = open(MIB);
    Fingerprint key = key("tampered");
    String runId = saveBare(original, key, bytes("right"));
    Files.write(root.resolve(key.toHex()).resolve(runId + ".bin"), bytes("wrong"));

    assertTrue(original.lookup(key).isEmpty());

    assertEquals(List.of(), names(key));
  }

  private OriginalStore open(long sizeBudgetBytes) throws IOException {
    return OriginalStore.open(root, sizeBudgetBytes, Duration.ofDays(30));
  }

  private static String saveBare(OriginalStore store, Fingerprint key, byte[] payload)
      throws IOException {
    return store.save(
        key, payload, OptionalDouble.empty(), OptionalLong.empty(), EntryKind.CHECKPOINT);
  }

  private static Fingerprint key(String name) {
    return new Fingerprinter().absorbString("test", name).finish();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] payload(Entry entry) {
    byte[] bytes = new byte[Math.toIntExact(entry.payloadLength())];
    entry.payload().getBytes(0, bytes);
    return bytes;
  }

  private List<String> names(Fingerprint key) throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(key.toHex()))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private long bytesOnDisk() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
