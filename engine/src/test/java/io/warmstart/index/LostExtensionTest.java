package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody has removed a file of the index which pages lie in, and nobody has it mapped. */
class LostExtensionTest {
  private static final int KEYS = 6;

  @TempDir Path root;

  /** Each process attached to what was left, missed the file, and began again. */
  @Test
  void anIndexIsMadeAnewThatKnowsAllKeys() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(key(0), "r", new byte[10], EntryAttributes.checkpoint());
      index().useAllPagesBut(1);
      for (int n = 1; n < KEYS; n++) {
        store.saveOverwrite(key(n), "r", new byte[10], EntryAttributes.checkpoint());
      }
      store.evictOverflow();
    }
    Files.delete(root.resolve(".warmstart/index-1"));
    try (WarmStartStore store = WarmStartStore.open(root)) {
      EvictionReport report = store.evictOverflow();

      assertEquals(KEYS, report.entriesBefore());
      assertEquals(report.bytesAfter(), index().total());
      assertTrue(store.verify().clean());
    }
  }

  /** Up to 512 MiB that nobody would have removed while there was an index: growth lacked them. */
  @Test
  void growthRemovesWhatADeadProcessHasLeftOfAFile() throws IOException {
    Path left = root.resolve(".warmstart/index.new-1-1");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(key(0), "r", new byte[10], EntryAttributes.checkpoint());
      Files.write(left, new byte[10]);
      index().useAllPagesBut(0);

      store.saveOverwrite(key(1), "r", new byte[10], EntryAttributes.checkpoint());

      assertTrue(Files.exists(root.resolve(".warmstart/index-1")));
      assertFalse(Files.exists(left));
    }
  }

  private IndexPatch index() throws IOException {
    return IndexPatch.of(root.resolve(".warmstart"));
  }

  private static Fingerprint key(int n) {
    return new Fingerprinter().absorbLong("key", n).finish();
  }
}
