package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.SteppedClock;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A scan comes to a key whose stripe it cannot get. */
@Tag("slow")
@Timeout(120)
class HeldKeyScanTest {
  private static final int NUMBER = 5;

  @TempDir Path root;

  /** The scan counted as one of the whole root, and for a minute nobody looked at the key again. */
  @Test
  void theKeyIsMendedByTheNextSweepOnceItsStripeIsFree() throws Exception {
    Path engineDirectory = root.resolve(".warmstart");
    Fingerprint key = Fingerprint.fromHex(IndexRoot.key(NUMBER).toHex());
    SteppedClock clock = new SteppedClock();
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withClock(clock))) {
      store.save(key, new byte[10], EntryAttributes.checkpoint());
      store.evictOverflow();
      Path stray = root.resolve(key.toHex()).resolve("stray.bin");
      Files.write(stray, new byte[10]);
      clock.advance(Duration.ofHours(1));
      IndexPatch.of(engineDirectory).scanIsDue();
      try (ForkedJvm holder =
          ForkedJvm.start(
              IndexChild.class,
              "hold-beside-store",
              engineDirectory.toString(),
              Integer.toString(NUMBER))) {
        assertEquals("true", holder.awaitLine("held"));
        store.evictOverflow();
        assertTrue(Files.exists(stray));
        holder.tell();
        holder.awaitLine("released");

        EvictionReport report = store.evictOverflow();

        assertFalse(Files.exists(stray), report::toString);
      }
    }
  }
}
