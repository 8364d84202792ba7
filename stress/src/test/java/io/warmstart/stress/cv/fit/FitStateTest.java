package io.warmstart.stress.cv.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FitStateTest {
  private final SmallProblem problem = new SmallProblem(100);

  @Test
  void everyFieldSurvivesTheRoundTrip() {
    byte[] bytes = encoded(halfwayState());

    FitState read = decode(bytes);

    assertArrayEquals(bytes, encoded(read));
    assertEquals(5, read.iteration());
  }

  @Test
  void stateLiesWhereTheOffsetSays() {
    FitState state = halfwayState();
    UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(state.encodedLength() + 11));
    state.encode(buffer, 11);

    FitState read = FitState.decode(buffer, 11, state.encodedLength(), problem.training);

    assertArrayEquals(encoded(state), encoded(read));
  }

  @Test
  void everyFieldOutOfRangeIsNamed() {
    assertRefused("fit state version: expected=2 actual=9", 0, 9L);
    assertRefused("fit state classes: expected=10 actual=3", 4, 3L);
    assertRefused("fit state stride: expected=65 actual=0", 8, 0L);
    assertRefused("fit state iteration: expected=>= 0 actual=-1", 16, -1L);
    assertRefused("fit state restarts: expected=>= 0 actual=-2", 24, -2L);
    assertRefused("fit state backtracks: expected=>= 0 actual=-3", 32, -3L);
    assertRefused("fit state momentum: expected=finite and >= 1 actual=0.5", 40, bits(0.5));
    assertRefused("fit state curvature: expected=finite and > 0 actual=NaN", 48, bits(Double.NaN));
    assertRefused("fit state objective: expected=a number actual=NaN", 56, bits(Double.NaN));
    assertRefused("fit state mapping: expected=a number actual=NaN", 64, bits(Double.NaN));
    double infinite = Double.POSITIVE_INFINITY;
    assertRefused("fit state coefficient: expected=finite actual=Infinity", 72, bits(infinite));
  }

  @Test
  void anyOtherLengthIsRefused() {
    byte[] bytes = encoded(halfwayState());
    for (int length = 0; length < bytes.length; length++) {
      int cut = length;
      UnsafeBuffer buffer = new UnsafeBuffer(bytes, 0, cut);
      assertThrows(
          IllegalArgumentException.class, () -> FitState.decode(buffer, 0, cut, problem.training));
    }
    byte[] longer = new byte[bytes.length + 1];
    assertThrows(IllegalArgumentException.class, () -> decode(longer));
  }

  @Test
  void noiseIsRefused() {
    long seed = Long.getLong("warmstart.seed", 68);
    Random random = new Random(seed);
    byte[] noise = new byte[encoded(halfwayState()).length];
    for (int round = 0; round < 1000; round++) {
      random.nextBytes(noise);
      noise[0] = FitState.VERSION;
      assertThrows(IllegalArgumentException.class, () -> decode(noise), "seed " + seed);
    }
  }

  private FitState halfwayState() {
    ProximalGradient optimiser = problem.optimiser(4, FitState.cold(problem.training));
    for (int i = 0; i < 5; i++) {
      optimiser.iterate();
    }
    return optimiser.state();
  }

  private void assertRefused(String message, int offset, long value) {
    byte[] bytes = encoded(halfwayState());
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (offset == 0) {
      buffer.put(0, (byte) value);
    } else if (offset < 16) {
      buffer.putInt(offset, (int) value);
    } else {
      buffer.putLong(offset, value);
    }
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> decode(bytes));
    assertEquals(message, refused.getMessage());
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }

  private static byte[] encoded(FitState state) {
    UnsafeBuffer buffer = new UnsafeBuffer(new byte[state.encodedLength()]);
    state.encode(buffer, 0);
    return buffer.byteArray();
  }

  private FitState decode(byte[] bytes) {
    return FitState.decode(new UnsafeBuffer(bytes), 0, bytes.length, problem.training);
  }
}
