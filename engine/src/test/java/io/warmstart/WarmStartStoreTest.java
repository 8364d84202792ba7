package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarmStartStoreTest {
  @TempDir Path root;

  @Test
  void savedEntryIsFoundWithItsBytesAndFacts() {
    Fingerprint key = Payloads.key("roundtrip");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      String runId =
          store.save(
              key,
              "hello-warm".getBytes(StandardCharsets.UTF_8),
              EntryAttributes.checkpoint().withObjective(1.5).withIteration(7));

      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertArrayEquals("hello-warm".getBytes(StandardCharsets.UTF_8), Payloads.bytes(entry));
        assertEquals(1.5, entry.objective().getAsDouble());
        assertEquals(7, entry.iteration().getAsLong());
        assertEquals(EntryKind.CHECKPOINT, entry.kind());
        assertEquals(runId, entry.runId());
      }
      assertTrue(store.lookup(Payloads.key("absent")).isEmpty());
    }
  }

  @Test
  void overwriteKeepsOneEntry() {
    Fingerprint key = Payloads.key("overwrite");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      String runId = store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
      for (int version = 2; version < 100; version++) {
        store.saveOverwrite(
            key,
            runId,
            new byte[] {(byte) version},
            EntryAttributes.checkpoint().withIteration(version));
        try (Entry entry = store.lookup(key).orElseThrow()) {
          assertEquals(version, entry.payload().getByte(0));
        }
      }
      assertEquals(1, store.inspect().entries());
      assertTrue(store.verify().clean());
    }
  }
}
