package io.warmstart.payload;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatheredPayloadTest {
  private static void add(GatheredPayload to, byte[] bytes, int piece) throws IOException {
    // Each piece lies in the same array, as those of a stream do.
    byte[] buffer = new byte[piece];
    for (int at = 0; at < bytes.length; at += piece) {
      int count = Math.min(piece, bytes.length - at);
      System.arraycopy(bytes, at, buffer, 0, count);
      to.add(buffer, count);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1 << 16, (1 << 16) + 1, 300_000, 1 << 20})
  void whatHasComeIsWholeWithItsChecksum(int bytes) throws IOException {
    byte[] payload = new byte[bytes];
    new Random(bytes).nextBytes(payload);
    Sha256 sha256 = new Sha256();
    sha256.update(payload, bytes);

    PayloadMemory.Loaded loaded;
    try (GatheredPayload gathered = new GatheredPayload(1 << 20)) {
      add(gathered, payload, 1000);
      assertEquals(bytes, gathered.length());
      loaded = gathered.take();
    }
    ByteArrayOutputStream found = new ByteArrayOutputStream();
    loaded.memory().asPayload().pour((piece, count) -> found.write(piece, 0, count));
    assertArrayEquals(payload, found.toByteArray());
    assertEquals(sha256.finish(), loaded.checksum());
    loaded.memory().release();
  }

  /** Who sends more than he said fills no memory. */
  @ParameterizedTest
  @ValueSource(ints = {0, 10, 100_000})
  void ofWhatIsTooLongNothingIsKeptButItsLength(int most) throws IOException {
    try (GatheredPayload gathered = new GatheredPayload(most)) {
      byte[] payload = new byte[most + 1];
      Arrays.fill(payload, (byte) 1);
      add(gathered, payload, 1000);
      assertFalse(gathered.isWhole());
      assertThrows(IOException.class, gathered::take);
      add(gathered, payload, 1000);
      assertEquals(2L * most + 2, gathered.length());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100_000})
  void whatIsAsLongAsItMayBeIsWhole(int most) throws IOException {
    try (GatheredPayload gathered = new GatheredPayload(most)) {
      add(gathered, new byte[most], 1000);
      assertTrue(gathered.isWhole());
      PayloadMemory memory = gathered.take().memory();
      assertEquals(most, memory.length());
      memory.release();
    }
  }
}
