package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RestoreReport;
import io.warmstart.model.RestoreReport.Item;
import io.warmstart.model.RestoreReport.Outcome;
import io.warmstart.model.StoreCounter;
import io.warmstart.pair.ManifestFile;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** A root with an entry whose halves went to quarantine, one after the other. */
abstract class QuarantinedEntry {
  static final byte[] PAYLOAD = "worth keeping".getBytes(StandardCharsets.UTF_8);
  static final byte[] OTHER = "another".getBytes(StandardCharsets.UTF_8);
  @TempDir Path root;
  final SteppedClock clock = new SteppedClock();
  final StoreOptions options =
      StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO).withClock(clock);

  final Fingerprint key = Payloads.key("quarantined");
  byte[] manifest = new byte[0];

  KeyFiles files() {
    return KeyFiles.of(root, key);
  }

  /** A saved entry, and its manifest's bytes. */
  void save(WarmStartStore store, String runId, byte[] payload) throws IOException {
    store.saveOverwrite(key, runId, payload, EntryAttributes.checkpoint().withObjective(1));
    manifest = Files.readAllBytes(files().manifest(runId));
  }

  /** By a sweep, or by the housekeeper, which may hold the key's lock to count it just then. */
  void sweepLater(WarmStartStore store) {
    long before = quarantined(store);
    clock.advance(Duration.ofMinutes(3));
    Await.until(
        "it is in quarantine",
        () -> {
          store.evictOverflow();
          return quarantined(store) > before;
        });
    assertEquals(1, quarantined(store) - before);
  }

  private static long quarantined(WarmStartStore store) {
    return store.stats().count(StoreCounter.QUARANTINED);
  }

  /** Both halves of a whole entry lie in quarantine, put there one after the other. */
  void quarantineHalves(WarmStartStore store, String runId) throws IOException {
    Path aside = Files.move(files().payload(runId), root.resolve(".warmstart").resolve("aside"));
    sweepLater(store);
    Files.createDirectories(files().directory());
    Files.move(aside, files().payload(runId));
    sweepLater(store);
    assertEquals(List.of(), RootFiles.read(root).whole.keySet().stream().toList());
  }

  static List<Outcome> outcomes(RestoreReport report) {
    return report.items().stream().map(Item::outcome).toList();
  }

  void assertHas(WarmStartStore store, String runId, byte[] payload) {
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertEquals(runId, entry.runId());
      assertArrayEquals(payload, Payloads.bytes(entry));
    }
  }

  Manifest inPlace(String runId) throws IOException, ManifestFormatException {
    return ManifestFile.read(new NioFileOps(), files().manifest(runId)).manifest();
  }
}
