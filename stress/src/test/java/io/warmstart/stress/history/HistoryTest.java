package io.warmstart.stress.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
  @TempDir Path directory;

  @Test
  void whatWasDoneAndWhatWasUnderWayAreReadBack() throws IOException {
    long before = System.nanoTime();
    try (HistoryWriter writer = new HistoryWriter(directory, 3)) {
      writer.begin(Kind.OVERWRITE, 2, 1, 77);
      writer.done(77, 0);
      writer.begin(Kind.SAVE, 2, -1, 78);
      writer.failed();
      writer.begin(Kind.SWEEP, -1, -1, 0);
      writer.done(0, 9);
      writer.begin(Kind.LOWEST, 0, -1, 0);
    }

    List<Operation> read = HistoryReader.readAll(directory);

    assertEquals(4, read.size());
    Operation overwrite = read.get(0);
    assertEquals(3, overwrite.worker());
    assertEquals(Kind.OVERWRITE, overwrite.kind());
    assertEquals(1, overwrite.run());
    assertEquals(77, overwrite.version());
    assertTrue(before <= overwrite.invoked() && overwrite.invoked() <= overwrite.responded());
    assertTrue(overwrite.acknowledged());
    assertTrue(read.get(1).failed());
    assertFalse(read.get(1).acknowledged());
    assertEquals(9, read.get(2).removed());
    assertEquals(Operation.NEVER, read.get(3).responded());
  }

  @Test
  void historiesGoOnInFurtherSegments() throws IOException {
    int many = 70_000;
    try (HistoryWriter writer = new HistoryWriter(directory, 0)) {
      for (int i = 1; i <= many; i++) {
        writer.begin(Kind.SAVE, 0, -1, i);
        writer.done(i, 0);
      }
    }

    List<Operation> read = HistoryReader.readAll(directory);

    assertEquals(many, read.size());
    assertEquals(many, read.get(many - 1).version());
  }

  @Test
  void everyByteOfPayloadIsChecked() {
    long version = Version.of(4, 12);
    byte[] payload = Version.payload(version, 1, 2, 300);
    assertEquals("", Version.complaint(new UnsafeBuffer(payload), 1, 2, 300));

    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= 1;
      assertNotEquals("", Version.complaint(new UnsafeBuffer(payload), 1, 2, 300), "byte " + i);
      payload[i] ^= 1;
    }
    byte[] shorter = Arrays.copyOf(payload, payload.length - 1);
    assertNotEquals("", Version.complaint(new UnsafeBuffer(shorter), 1, 2, 300));
    assertNotEquals("", Version.complaint(new UnsafeBuffer(payload), 0, 2, 300), "another run");
    assertNotEquals("", Version.complaint(new UnsafeBuffer(payload), 1, 3, 300), "another key");
  }
}
