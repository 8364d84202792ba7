package io.warmstart.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadStreamTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 300_000})
  void itGivesAllBytesInWhateverPiecesTheyAreAskedFor(int length) throws IOException {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    Payload payload = Payload.of(ByteBuffer.allocateDirect(length).put(bytes).flip());

    assertArrayEquals(bytes, payload.stream().readAllBytes());

    InputStream stream = payload.stream();
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    byte[] piece = new byte[10_000];
    for (int count = 0; count >= 0; count = stream.read(piece, 7, 9_000)) {
      read.write(piece, 7, count);
      assertEquals(length - read.size(), stream.available());
    }
    assertArrayEquals(bytes, read.toByteArray());
    assertEquals(-1, stream.read());
    assertEquals(0, stream.read(piece, 0, 0));
  }

  /** A body is read once to be signed, and once to be sent. */
  @Test
  void eachStreamBeginsAtTheBeginning() throws IOException {
    Payload payload = Payload.of(new byte[] {-1, 2, 3});
    InputStream one = payload.stream();
    assertEquals(255, one.read());
    assertArrayEquals(new byte[] {-1, 2, 3}, payload.stream().readAllBytes());
    assertEquals(2, one.read());
  }
}
