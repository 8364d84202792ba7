package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Manifests that lie or explode: set aside, at a bounded cost, and nobody else's entry suffers. */
@Tag("once")
class HostileManifestsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Some copies of the longest manifest that is read, and what a lookup needs anyway. */
  private static final long MOST_ALLOCATED_BYTES = 3 * 1024 * 1024;

  private static final int TEN_MEBIBYTES = 10 * 1024 * 1024;

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("hostile manifests");
  private KeyFiles files;
  private String good;

  @BeforeEach
  void saveTwoEntries() throws IOException {
    files = KeyFiles.of(root, key);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      save(store, "bad", 1);
      save(store, "good", 2);
    }
    good = Files.readString(files.manifest("bad"));
  }

  private void save(WarmStartStore store, String runId, double objective) {
    store.saveOverwrite(
        key, runId, new byte[] {1, 2, 3}, EntryAttributes.checkpoint().withObjective(objective));
  }

  private static final Map<String, String> FIELD_EDITS =
      Map.ofEntries(
          Map.entry("payload_bytes -1", "\"payload_bytes\": -1"),
          Map.entry("payload_bytes -2^63", "\"payload_bytes\": -9223372036854775808"),
          Map.entry("payload_bytes 2^63-1", "\"payload_bytes\": 9223372036854775807"),
          Map.entry("payload_bytes 2^63", "\"payload_bytes\": 9223372036854775808"),
          Map.entry("payload_bytes 2^64-1", "\"payload_bytes\": 18446744073709551615"),
          Map.entry("payload_bytes 2^64", "\"payload_bytes\": 18446744073709551616"),
          Map.entry("payload_bytes 2^40", "\"payload_bytes\": 1099511627776"),
          Map.entry("payload_bytes one off", "\"payload_bytes\": 4"),
          Map.entry("payload_bytes exponent", "\"payload_bytes\": 3e0"),
          Map.entry("payload_bytes fraction", "\"payload_bytes\": 3.0"),
          Map.entry("payload_bytes string", "\"payload_bytes\": \"3\""),
          Map.entry("payload_bytes null", "\"payload_bytes\": null"),
          Map.entry("payload_bytes long", "\"payload_bytes\": " + "9".repeat(50_000)),
          Map.entry("payload_bytes twice", "\"payload_bytes\": 3, \"payload_bytes\": 3"),
          Map.entry(
              "deep arrays", "\"payload_bytes\": 3, \"x\": " + "[".repeat(17) + "]".repeat(17)),
          Map.entry(
              "deeper arrays",
              "\"payload_bytes\": 3, \"x\": " + "[".repeat(30_000) + "]".repeat(30_000)),
          Map.entry("deep objects", "\"payload_bytes\": 3, \"x\": " + "{\"x\":".repeat(10_000)),
          Map.entry("objective twice", "\"payload_bytes\": 3, \"objective\": 0.5"));

  private Map<String, byte[]> hostileManifests() {
    Map<String, byte[]> hostile = new TreeMap<>();
    FIELD_EDITS.forEach(
        (name, edit) ->
            hostile.put(name, good.replace("\"payload_bytes\": 3", edit).getBytes(UTF_8)));
    hostile.put("empty", new byte[0]);
    hostile.put("zeros", new byte[4096]);
    hostile.put("cut off", Arrays.copyOf(good.getBytes(UTF_8), good.length() / 2));
    hostile.put("something after", (good + "{}").getBytes(UTF_8));
    hostile.put("an array", ("[" + good + "]").getBytes(UTF_8));
    hostile.put("byte order mark", ("\ufeff" + good).getBytes(UTF_8));
    hostile.put("UTF-16", good.getBytes(UTF_16LE));
    hostile.put("not UTF-8", good.replace("warmstart", "\u0001").getBytes(UTF_16LE));
    hostile.put("objective 1e999", good.replace("1.0", "1e999").getBytes(UTF_8));
    hostile.put("objective NaN", good.replace("1.0", "NaN").getBytes(UTF_8));
    hostile.put("kind", good.replace("Checkpoint", "checkpoint").getBytes(UTF_8));
    hostile.put(
        "checksum upper case", good.replaceAll("[a-f](?=[0-9a-f]{3})", "A").getBytes(UTF_8));
    hostile.put(
        "schema 2", good.replace("\"schema_version\": 1", "\"schema_version\": 2").getBytes(UTF_8));
    hostile.put("10 MiB of blanks", (good + " ".repeat(TEN_MEBIBYTES)).getBytes(UTF_8));
    hostile.put(
        "10 MiB of text",
        good.replace("{", "{\"x\": \"" + "x".repeat(TEN_MEBIBYTES) + "\",").getBytes(UTF_8));
    hostile.put("10 MiB of depth", "[".repeat(TEN_MEBIBYTES).getBytes(UTF_8));
    return hostile;
  }

  static Stream<String> names() throws IOException {
    HostileManifestsTest names = new HostileManifestsTest();
    names.good = "{\"payload_bytes\": 3}";
    return names.hostileManifests().keySet().stream();
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  @ParameterizedTest
  @MethodSource("names")
  void itIsSetAsideAtABoundedCostAndTheRunnerUpIsFound(String name) throws Exception {
    byte[] manifest = hostileManifests().get(name);
    Files.write(files.manifest("bad"), manifest);
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          assertReadOnlyStorePassesOverIt();
          try (WarmStartStore store =
              WarmStartStore.open(root, StoreOptions.defaults().withClock(FaultScenario.AHEAD))) {
            store.lookup(Payloads.key("other, to load the classes"));
            long before = allocatedBytes();
            try (Entry entry = store.lookup(key).orElseThrow()) {
              assertEquals("good", entry.runId());
            }
            long allocated = allocatedBytes() - before;
            assertTrue(allocated < MOST_ALLOCATED_BYTES, "allocated: " + allocated);
          }
        });
    assertEquals(List.of("good.bin", "good.json"), files.names());
    assertTrue(
        KeyFiles.quarantined(root).stream().anyMatch(held -> held.endsWith("bad~json")),
        "kept for a person who wants to know");
  }

  private void assertReadOnlyStorePassesOverIt() {
    StoreOptions readOnly = StoreOptions.defaults().withReadOnly(true);
    try (WarmStartStore store = WarmStartStore.open(root, readOnly)) {
      Explanation explanation = store.explain(key, Ranking.LOWEST_OBJECTIVE);
      assertEquals("good", explanation.winner().orElseThrow());
      Explanation.Verdict bad = explanation.candidates().get(1);
      assertEquals("bad", bad.runId());
      assertTrue(bad.reason().length() < 1000, bad::reason);
      assertTrue(bad.reason().chars().allMatch(c -> c >= ' '), bad::reason);
    }
  }

  /**
   * A manifest and a sparse file that agree on a tebibyte: as much native memory was asked for
   * before a byte was compared, and the lookup died of OutOfMemoryError.
   */
  @Test
  void aPayloadThatFitsNoMemoryIsAnErrorAndTheRunnerUpIsFound() throws Exception {
    long tebibyte = 1L << 40;
    Assumptions.assumeTrue(
        !Files.readString(Path.of("/proc/sys/vm/overcommit_memory")).startsWith("1"),
        "this kernel promises any amount of memory");
    try (RandomAccessFile sparse = new RandomAccessFile(files.payload("bad").toFile(), "rw")) {
      sparse.setLength(tebibyte);
    }
    files.editManifest("bad", "\"payload_bytes\": 3", "\"payload_bytes\": " + tebibyte);
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try (WarmStartStore store =
              WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
            try (Entry entry = store.lookup(key).orElseThrow()) {
              assertEquals("good", entry.runId());
            }
            Files.delete(files.manifest("good"));
            StoreException failed =
                assertThrows(StoreException.class, () -> store.lookup(key).ifPresent(Entry::close));
            assertTrue(
                String.valueOf(failed.getMessage()).contains(Long.toString(tebibyte)),
                failed::getMessage);
          }
        });
  }
}
