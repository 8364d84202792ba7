package io.warmstart.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.sun.management.ThreadMXBean;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeds.class)
class FingerprinterTest {
  /** A golden vector: steps, each a method's name and its arguments, and the key they make. */
  record Vector(String name, List<List<String>> steps, String hex) {}

  static List<Vector> vectors() throws IOException {
    List<Vector> vectors = new ArrayList<>();
    try (InputStream in =
            FingerprinterTest.class.getResourceAsStream("/fixtures/fingerprints.json");
        JsonParser parser = new JsonFactory().createParser(in)) {
      String name = "";
      List<List<String>> steps = new ArrayList<>();
      while (parser.nextToken() != null) {
        if (parser.currentToken() != JsonToken.FIELD_NAME) {
          continue;
        }
        switch (parser.currentName()) {
          case "name" -> name = parser.nextTextValue();
          case "steps" -> steps = readSteps(parser);
          case "hex" -> vectors.add(new Vector(name, steps, parser.nextTextValue()));
          default -> {}
        }
      }
    }
    return vectors;
  }

  private static List<List<String>> readSteps(JsonParser parser) throws IOException {
    List<List<String>> steps = new ArrayList<>();
    parser.nextToken();
    while (parser.nextToken() == JsonToken.START_ARRAY) {
      List<String> step = new ArrayList<>();
      while (parser.nextToken() == JsonToken.VALUE_STRING) {
        step.add(parser.getText());
      }
      steps.add(step);
    }
    return steps;
  }

  private static void apply(Fingerprinter fingerprinter, List<String> step) {
    String first = step.get(1);
    switch (step.get(0)) {
      case "absorbTag" -> fingerprinter.absorbTag(first);
      case "absorbBytes" -> fingerprinter.absorbBytes(first, HexFormat.of().parseHex(step.get(2)));
      case "absorbString" -> fingerprinter.absorbString(first, step.get(2));
      case "absorbLong" -> fingerprinter.absorbLong(first, Long.parseUnsignedLong(step.get(2)));
      case "writeBytes" -> fingerprinter.writeBytes(HexFormat.of().parseHex(first));
      case "writeByte" -> fingerprinter.writeByte(Byte.parseByte(first));
      case "writeBoolean" -> fingerprinter.writeBoolean(Boolean.parseBoolean(first));
      case "writeLong" -> fingerprinter.writeLong(Long.parseUnsignedLong(first));
      case "writeDouble" -> fingerprinter.writeDouble(Double.parseDouble(first));
      case "writeString" -> fingerprinter.writeString(first);
      case "writeDoubles" ->
          fingerprinter.writeDoubles(
              Arrays.stream(first.split(",", -1)).mapToDouble(Double::parseDouble).toArray());
      default -> throw new AssertionError("vector has an unknown step: " + step);
    }
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void goldenVectorsGiveTheirKeys(Vector vector) {
    Fingerprinter fingerprinter = new Fingerprinter();
    vector.steps().forEach(step -> apply(fingerprinter, step));
    assertEquals(vector.hex(), fingerprinter.finish().toHex());
  }

  @Test
  void allGoldenVectorsAreRead() throws Exception {
    assertEquals(11, vectors().size());
  }

  private static Fingerprint of(Consumer<Fingerprinter> steps) {
    Fingerprinter fingerprinter = new Fingerprinter();
    steps.accept(fingerprinter);
    return fingerprinter.finish();
  }

  @Test
  void framedStepsDoNotRunTogether() {
    assertNotEquals(
        of(f -> f.absorbString("a", "bc").absorbString("d", "")),
        of(f -> f.absorbString("a", "b").absorbString("cd", "")));
    assertNotEquals(of(f -> f.absorbTag("ab")), of(f -> f.absorbTag("a").absorbTag("b")));
    assertNotEquals(of(f -> f.absorbLong("n", 0)), of(f -> f.absorbBytes("n", new byte[0])));
  }

  @Test
  void partsOfArraysAndBuffersAreAsTheirCopies() {
    byte[] bytes = {9, 1, 2, 3, 9, 9};
    byte[] part = {1, 2, 3};
    ByteBuffer heap = ByteBuffer.wrap(bytes, 1, 3);
    ByteBuffer direct = ByteBuffer.allocateDirect(6).put(bytes).position(1).limit(4);
    Fingerprint written = of(f -> f.writeBytes(part));
    assertEquals(written, of(f -> f.writeBytes(bytes, 1, 3)));
    assertEquals(written, of(f -> f.writeBytes(heap)));
    assertEquals(written, of(f -> f.writeBytes(direct.asReadOnlyBuffer())));
    Fingerprint absorbed = of(f -> f.absorbBytes("t", part));
    assertEquals(absorbed, of(f -> f.absorbBytes("t", bytes, 1, 3)));
    assertEquals(absorbed, of(f -> f.absorbBytes("t", heap)));
    assertEquals(absorbed, of(f -> f.absorbBytes("t", direct)));
    assertEquals(1, heap.position());
    assertEquals(1, direct.position());
  }

  @Test
  void doublesOfEveryChunkCountAreTheirBitsOneByOne(Random random) throws Exception {
    for (int count : new int[] {0, 1, 2, 1023, 1024, 1025, 2048, 5000}) {
      double[] values = new double[count + 7];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextInt(10) == 0 ? -0.0 : Double.longBitsToDouble(random.nextLong());
      }
      ByteBuffer expected =
          ByteBuffer.allocate(8 + 8 * count).order(ByteOrder.LITTLE_ENDIAN).putLong(count);
      for (int i = 3; i < count + 3; i++) {
        expected.putLong(values[i] == 0 ? 0 : Double.doubleToRawLongBits(values[i]));
      }
      Fingerprint key =
          Fingerprint.ofBytes(MessageDigest.getInstance("SHA-256").digest(expected.array()));
      assertEquals(key, of(f -> f.writeDoubles(values, 3, count)));
      assertEquals(key, of(f -> f.writeDoubles(Arrays.copyOfRange(values, 3, count + 3))));
      DoubleBuffer direct =
          ByteBuffer.allocateDirect(8 * values.length)
              .order(ByteOrder.BIG_ENDIAN)
              .asDoubleBuffer()
              .put(values)
              .position(3)
              .limit(count + 3);
      assertEquals(key, of(f -> f.writeDoubles(direct)));
      assertEquals(3, direct.position());
      assertEquals(
          key,
          of(
              f -> {
                f.writeLong(count);
                for (int i = 3; i < count + 3; i++) {
                  f.writeDouble(values[i]);
                }
              }));
    }
  }

  @Test
  void negativeZeroCountsAsZeroAndEveryNanAsItself() {
    assertEquals(of(f -> f.writeDouble(0.0)), of(f -> f.writeDouble(-0.0)));
    assertEquals(of(f -> f.writeLong(0)), of(f -> f.writeDouble(-0.0)));
    assertEquals(
        of(f -> f.writeLong(0x7ff8000000000123L)),
        of(f -> f.writeDouble(Double.longBitsToDouble(0x7ff8000000000123L))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud800", "\udc00", "a\ud800b", "\udc00\ud800", "ok\ud83d"})
  void halfASurrogatePairIsRefusedAndLeavesTheKeyAsItWas(String text) {
    Fingerprinter fingerprinter = new Fingerprinter().absorbTag("fit");
    for (Consumer<Fingerprinter> step :
        List.<Consumer<Fingerprinter>>of(
            f -> f.absorbTag(text),
            f -> f.absorbString(text, "x"),
            f -> f.absorbString("x", text),
            f -> f.absorbBytes(text, new byte[1]),
            f -> f.absorbBytes(text, ByteBuffer.allocate(1)),
            f -> f.absorbLong(text, 1),
            f -> f.writeString(text))) {
      var e = assertThrows(IllegalArgumentException.class, () -> step.accept(fingerprinter));
      assertTrue(
          String.valueOf(e.getMessage()).contains("expected=whole surrogate pairs"), e::getMessage);
    }
    assertEquals(of(f -> f.absorbTag("fit")), fingerprinter.finish());
  }

  @Test
  void aPartOutsideItsArrayIsRefusedAndLeavesTheKeyAsItWas() {
    Fingerprinter fingerprinter = new Fingerprinter();
    for (Consumer<Fingerprinter> step :
        List.<Consumer<Fingerprinter>>of(
            f -> f.writeBytes(new byte[3], 1, 3),
            f -> f.writeBytes(new byte[3], -1, 1),
            f -> f.absorbBytes("t", new byte[3], 0, 4),
            f -> f.writeDoubles(new double[3], 2, 2))) {
      assertThrows(IndexOutOfBoundsException.class, () -> step.accept(fingerprinter));
    }
    assertEquals(of(f -> {}), fingerprinter.finish());
  }

  @Test
  void everyStepAfterTheEndIsRefused() {
    Fingerprinter fingerprinter = new Fingerprinter();
    fingerprinter.finish();
    for (Consumer<Fingerprinter> step :
        List.<Consumer<Fingerprinter>>of(
            Fingerprinter::finish,
            f -> f.absorbTag("t"),
            f -> f.absorbBytes("t", new byte[0]),
            f -> f.absorbBytes("t", ByteBuffer.allocate(0)),
            f -> f.absorbString("t", ""),
            f -> f.absorbLong("t", 1),
            f -> f.writeBytes(new byte[0]),
            f -> f.writeBytes(ByteBuffer.allocate(0)),
            f -> f.writeByte((byte) 1),
            f -> f.writeBoolean(true),
            f -> f.writeLong(1),
            f -> f.writeDouble(1),
            f -> f.writeString(""),
            f -> f.writeDoubles(new double[0]),
            f -> f.writeDoubles(DoubleBuffer.allocate(0)))) {
      assertThrows(IllegalStateException.class, () -> step.accept(fingerprinter));
    }
  }

  /** Each made a buffer of 8 KiB for arrays that it had none of. */
  @Test
  void aKeyOfAFewWordsMakesNoLargeBuffer() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    int keys = 200;
    new Fingerprinter().absorbString("spec", "y ~ s(x)").finish();
    long before = threads.getThreadAllocatedBytes(self);
    for (int each = 0; each < keys; each++) {
      new Fingerprinter().absorbString("spec", "y ~ s(x)").absorbLong("seed", each).finish();
    }
    long bytes = (threads.getThreadAllocatedBytes(self) - before) / keys;
    assertTrue(bytes < 6000, () -> "bytes for each: " + bytes);
  }

  /** Whatever was written before: the buffer grows with the longest. */
  @Test
  void arraysOfAnyLengthsOneAfterTheOtherAreHashedAsEachByItself() throws Exception {
    double[] values = new double[5000];
    Arrays.setAll(values, each -> each + 0.5);
    for (int first : new int[] {0, 1, 3, 1023, 1024, 1025, 5000}) {
      for (int second : new int[] {0, 2, 1024, 1026, 4999}) {
        Fingerprinter whole = new Fingerprinter();
        whole.writeDoubles(values, 0, first).writeDoubles(values, 0, second);
        ByteBuffer bytes =
            ByteBuffer.allocate((first + second + 2) * 8).order(ByteOrder.LITTLE_ENDIAN);
        for (int length : new int[] {first, second}) {
          bytes.putLong(length);
          for (int each = 0; each < length; each++) {
            bytes.putDouble(values[each]);
          }
        }
        byte[] expected = MessageDigest.getInstance("SHA-256").digest(bytes.array());
        assertEquals(HexFormat.of().formatHex(expected), whole.finish().toHex());
      }
    }
  }
}
