package io.warmstart.payload;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.Digest256;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small payloads are copied, larger ones mapped, and those beyond a mapping copied in pieces. */
class PayloadMemoryTest {
  /** Lengths around lower bounds than the real ones: 16 MiB, and 2 GiB less 8. */
  private static final long COPY_UP_TO = 999;

  private static final long MAP_UP_TO = 300_000;

  @TempDir Path directory;

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private PayloadMemory.Loaded load(byte[] payload, long length, boolean withChecksum)
      throws IOException {
    Path path = Files.write(directory.resolve("payload"), payload);
    try (FileOps.FileHandle file = new NioFileOps().openForReading(path)) {
      return PayloadMemory.load(file, length, withChecksum, COPY_UP_TO, MAP_UP_TO);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 999, 1000, 1001, 131_072, 299_999, 300_000, 300_001, 700_000})
  void everyLengthIsLoadedWholeWithItsChecksum(int length) throws Exception {
    byte[] payload = random(length);
    PayloadMemory.Loaded loaded = load(payload, length, true);
    PayloadMemory memory = loaded.memory();
    assertEquals(
        Digest256.ofBytes(MessageDigest.getInstance("SHA-256").digest(payload)), loaded.checksum());
    assertEquals(length, memory.length());
    assertEquals(length, memory.view().readRemaining());
    byte[] read = new byte[length];
    assertEquals(length, memory.view().read(0, read, 0, length));
    assertArrayEquals(payload, read);
    UnsafeBuffer view = new UnsafeBuffer(0, 0);
    view.wrap(memory.address(), length);
    assertEquals(new UnsafeBuffer(payload), view);
    view.wrap(0, 0);
    memory.release();
    memory.release();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 5000, 700_000})
  void withoutNeedNoChecksumIsComputed(int length) throws Exception {
    PayloadMemory.Loaded loaded = load(random(length), length, false);
    assertNull(loaded.checksum());
    loaded.memory().release();
  }

  /**
   * An overwrite may shrink a payload between the look at its size and its opening. For one that is
   * mapped this was an error of the lookup, instead of a reason to look again.
   */
  @ParameterizedTest
  @ValueSource(ints = {10, 5000, 250_000, 700_000})
  void aFileThatEndsEarlyIsAnErrorAndNoCrash(int length) {
    assertThrows(EOFException.class, () -> load(random(length / 2), length, true));
    assertThrows(EOFException.class, () -> load(new byte[0], length, true));
  }

  @Test
  void lengthsThatNoBufferCanAddressAreNotMapped() {
    assertEquals(Integer.MAX_VALUE - 8, PayloadMemory.MAP_UP_TO_BYTES);
    assertTrue(PayloadMemory.COPY_UP_TO_BYTES < PayloadMemory.MAP_UP_TO_BYTES);
  }
}
