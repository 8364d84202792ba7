package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The segments of slots are lost, and with a key's slot what the key counts for. */
class LostSlotTest {
  private static final Fingerprint KEY = new Fingerprinter().absorbLong("key", 1).finish();
  private static final StoreOptions SCANNING =
      StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO);

  @TempDir Path root;

  /** The key was counted once more, beside what its lost slot stood for, and that evicted it. */
  @Test
  void whatAKeyCountsForIsNotCountedTwice() throws IOException {
    EvictionReport before;
    try (WarmStartStore store = WarmStartStore.open(root, SCANNING)) {
      store.saveOverwrite(KEY, "first", new byte[1_000], EntryAttributes.checkpoint());
      store.saveOverwrite(KEY, "second", new byte[1_000], EntryAttributes.checkpoint());
      before = store.evictOverflow();
    }
    loseAllSlots();
    // Where the total is known, a process sums up with its first scan, and then each minute.
    try (WarmStartStore store = WarmStartStore.open(root, SCANNING)) {
      // Has the key given a new slot, which knows of this entry only.
      store.saveOverwrite(KEY, "third", new byte[1_000], EntryAttributes.checkpoint());

      EvictionReport after = store.evictOverflow();

      assertEquals(2, before.entriesBefore());
      assertEquals(1.5 * before.bytesAfter(), (double) after.bytesAfter(), 10);
      assertTrue(store.verify().clean());
    }
  }

  private void loseAllSlots() throws IOException {
    try (FileChannel index =
        FileChannel.open(root.resolve(".warmstart/index"), StandardOpenOption.WRITE)) {
      for (int stripe = 0; stripe < IndexLayout.STRIPES; stripe++) {
        // Of slots alone.
        index.write(
            ByteBuffer.allocate(8 * IndexLayout.DIRECTORY_LENGTH), IndexLayout.stripeHead(stripe));
      }
    }
  }
}
