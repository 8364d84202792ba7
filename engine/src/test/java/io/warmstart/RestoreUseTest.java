package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.format.Stamp;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is brought back from quarantine counts as used then: else the next sweep would take it. */
class RestoreUseTest extends QuarantinedEntry {
  /** Being brought back is a use: else the next sweep would have removed it for its age. */
  @Test
  void whatHasLainThereForLongerThanTheTtlLivesAgain() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options.withTtl(Duration.ofDays(1)))) {
      save(store, "r1", PAYLOAD);
      quarantineHalves(store, "r1");
      clock.advance(Duration.ofDays(3));
      assertEquals(1, store.restore(List.of()).restored());
      assertEquals(0, store.evictOverflow().expired());
      assertHas(store, "r1", PAYLOAD);
      long written;
      try (Entry entry = store.lookup(key).orElseThrow()) {
        written = entry.writtenUnixSecs();
      }
      store.flush();
      clock.advance(Duration.ofHours(23));
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals(written, entry.writtenUnixSecs());
      }
    }
  }

  /**
   * The use was noted in the memory of the process that restored, and the names in quarantine were
   * gone: a sweep that did not know of it removed the entry for good.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theManifestThatComesBackTellsOfTheUse(boolean manifestInPlace) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options.withTtl(Duration.ofDays(1)))) {
      save(store, "r1", PAYLOAD);
      if (manifestInPlace) {
        byte[] kept = Files.readAllBytes(files().manifest("r1"));
        Files.delete(files().manifest("r1"));
        sweepLater(store);
        Files.createDirectories(files().directory());
        Files.write(files().manifest("r1"), kept);
      } else {
        quarantineHalves(store, "r1");
      }
      clock.advance(Duration.ofDays(3));

      assertEquals(1, store.restore(List.of()).restored());

      Stamp now = Stamp.ofUnixNanos(clock.nanoTime());
      assertEquals(now, inPlace("r1").lastUse());
      assertEquals(List.of("r1.bin", "r1.json"), files().names());
    }
  }
}
