package io.warmstart.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.Bytes;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a payload hands out is the same wherever its bytes lie, and wherever they go. */
class PayloadPourTest {
  private static final int OFFSET = 3;
  private static final int LENGTH = 20_000;
  private static final byte[] BYTES = new byte[OFFSET + LENGTH + 5];
  private static final byte[] EXPECTED;

  static {
    new Random(1).nextBytes(BYTES);
    EXPECTED = Arrays.copyOfRange(BYTES, OFFSET, OFFSET + LENGTH);
  }

  static Stream<Payload> payloads() {
    ByteBuffer outside = ByteBuffer.allocateDirect(BYTES.length).put(BYTES);
    Bytes<byte[]> chronicle = Bytes.wrapForRead(BYTES.clone());
    chronicle.readPositionRemaining(OFFSET, LENGTH);
    return Stream.of(
        Payload.of(EXPECTED.clone()),
        Payload.of(BYTES, OFFSET, LENGTH),
        Payload.of(outside.limit(OFFSET + LENGTH).position(OFFSET)),
        Payload.of(new UnsafeBuffer(BYTES), OFFSET, LENGTH),
        Payload.of(new UnsafeBuffer(outside.clear()), OFFSET, LENGTH),
        Payload.of(chronicle));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void toMemoryOutsideTheHeap(Payload payload) throws IOException {
    ByteArrayOutputStream poured = new ByteArrayOutputStream();
    List<Integer> pieces = new ArrayList<>();
    payload.pour(
        ByteBuffer.allocateDirect(9_000),
        piece -> {
          pieces.add(piece.remaining());
          // Left where it is: that the sink has read it to its end is not asked for.
          byte[] bytes = new byte[piece.remaining()];
          piece.duplicate().get(bytes);
          poured.writeBytes(bytes);
        });
    assertArrayEquals(EXPECTED, poured.toByteArray());
    assertEquals(List.of(9_000, 9_000, 2_000), pieces);
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void toTheHeap(Payload payload) throws IOException {
    ByteArrayOutputStream poured = new ByteArrayOutputStream();
    payload.pour(new byte[9_000], (piece, length) -> poured.write(piece, 0, length));
    assertArrayEquals(EXPECTED, poured.toByteArray());
  }
}
