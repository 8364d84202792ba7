package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Run ids become file names: what could leave the directory, or mean something else, is refused.
 */
class HostileRunIdsTest {
  @TempDir Path parent;
  private final Fingerprint key = Payloads.key("hostile run ids");
  private Path root;
  private Canary canary;
  private WarmStartStore store;

  @BeforeEach
  void open() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
    canary = Canary.in(parent.resolve("outside"));
    store =
        WarmStartStore.open(
            root,
            StoreOptions.defaults()
                .withDurability(Durability.IN_FILES)
                .withClock(FaultScenario.AHEAD)
                .withForeignCheckInterval(java.time.Duration.ZERO));
  }

  @AfterEach
  void close() {
    store.close();
  }

  static Stream<String> hostileRunIds() {
    return Stream.of(
        "",
        ".",
        "..",
        "../x",
        "../outside/treasure",
        "/abs",
        "/tmp/abs",
        "a/b",
        "a\0b",
        "\0",
        "r".repeat(129),
        "r".repeat(300),
        "r\u00e9sum\u00e9",
        "\u0440un",
        "run\ud83d\ude00",
        "run\ud800",
        "r.tmp.1",
        ".tmp.",
        "r.tmp.7.0",
        "r.tmp",
        ".warmstart",
        "-rf",
        "a b",
        "a\nb",
        "a~b",
        "a\\b");
  }

  @ParameterizedTest
  @MethodSource("hostileRunIds")
  void aHostileRunIdIsRefusedAndNothingIsWritten(String runId) throws IOException {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> store.saveOverwrite(key, runId, new byte[] {1}, EntryAttributes.checkpoint()));

    String message = String.valueOf(refused.getMessage());
    assertTrue(message.startsWith("run id is not usable: expected=["), message);
    assertTrue(message.chars().allMatch(c -> c >= ' ' && c <= '~'), message);
    assertEquals(List.of(), KeyFiles.of(root, key).names());
    assertEquals(List.of(), store.keys());
    canary.assertUntouched();
  }

  /** The suffix completes the mark: the original would take r.tmp.json for a temporary. */
  @Test
  void aRunIdThatItsSuffixWouldTurnIntoATemporaryIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> store.saveOverwrite(key, "r.tmp", new byte[] {1}, EntryAttributes.checkpoint()));
    store.saveOverwrite(key, "r.tmpx", new byte[] {1}, EntryAttributes.checkpoint());
    assertEquals(1, store.inspect().entries());
  }

  @Test
  void theLongestRunIdIsSavedOverwrittenAndSetAside() throws IOException {
    String longest = "r".repeat(128);
    store.saveOverwrite(key, longest, new byte[] {1}, EntryAttributes.checkpoint());
    store.saveOverwrite(key, longest, new byte[] {2}, EntryAttributes.checkpoint());
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertEquals(longest, entry.runId());
      assertEquals(2, entry.payload().getByte(0));
    }
    KeyFiles.of(root, key).writePayload(longest, "x");
    assertTrue(store.lookup(key).isEmpty());
    assertEquals(3, KeyFiles.quarantined(root).size());
  }
}
