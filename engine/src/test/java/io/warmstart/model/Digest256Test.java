package io.warmstart.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.testing.Seeds;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeds.class)
class Digest256Test {
  private static final String HEX =
      "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";

  @Test
  void hexBytesAndWordsAreTheSameValue() {
    Digest256 digest = Digest256.fromHex(HEX);
    assertEquals(HEX, digest.toHex());
    assertEquals(HEX, digest.toString());
    assertArrayEquals(HexFormat.of().parseHex(HEX), digest.toBytes());
    assertEquals(0x0011223344556677L, digest.word(0));
    assertEquals(0x8899aabbccddeeffL, digest.word(1));
    assertEquals(0x0123456789abcdefL, digest.word(2));
    assertEquals(0xfedcba9876543210L, digest.word(3));
    assertEquals(digest, Digest256.ofBytes(digest.toBytes()));
    assertEquals(
        digest, Digest256.ofWords(digest.word(0), digest.word(1), digest.word(2), digest.word(3)));
  }

  @Test
  void bytesAreCopiedInAndOut() {
    byte[] bytes = HexFormat.of().parseHex(HEX);
    Digest256 digest = Digest256.ofBytes(bytes);
    bytes[0] = 99;
    digest.toBytes()[1] = 99;
    assertEquals(HEX, digest.toHex());
  }

  @Test
  void orderIsThatOfUnsignedBytesAndOfHexDigits(Random random) {
    for (int i = 0; i < 2_000; i++) {
      byte[] a = new byte[Digest256.BYTES];
      random.nextBytes(a);
      byte[] b = a.clone();
      b[random.nextInt(b.length)] = (byte) random.nextInt();
      Digest256 left = Digest256.ofBytes(a);
      Digest256 right = Digest256.ofBytes(b);
      int expected = Integer.signum(Arrays.compareUnsigned(a, b));
      assertEquals(expected, Integer.signum(left.compareTo(right)));
      assertEquals(expected, Integer.signum(left.toHex().compareTo(right.toHex())));
      assertEquals(expected == 0, left.equals(right));
    }
  }

  @Test
  void everyWordCountsForEquality() {
    Digest256 zero = Digest256.ofWords(0, 0, 0, 0);
    assertNotEquals(zero, Digest256.ofWords(1, 0, 0, 0));
    assertNotEquals(zero, Digest256.ofWords(0, 1, 0, 0));
    assertNotEquals(zero, Digest256.ofWords(0, 0, 1, 0));
    assertNotEquals(zero, Digest256.ofWords(0, 0, 0, 1));
    assertEquals(zero.hashCode(), Digest256.ofWords(0, 0, 0, 0).hashCode());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "0011223344556677889AAABBCCDDEEFF0123456789abcdeffedcba9876543210",
        "g0112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210",
        "+0112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210",
        "00112233445566778899aabbccddeeff0123456789abcdeffedcba98765432100",
        "\u0660\u0661112233445566778899aabbccddeeff0123456789abcdeffedcba987654321"
      })
  void anythingBut64LowercaseHexDigitsIsRefused(String hex) {
    var e = assertThrows(IllegalArgumentException.class, () -> Digest256.fromHex(hex));
    assertTrue(
        String.valueOf(e.getMessage()).contains("expected=64 lowercase hex digits actual=\""),
        e::getMessage);
    assertTrue(String.valueOf(e.getMessage()).length() < 500, e::getMessage);
  }

  @Test
  void aHugeValueIsShortenedInTheMessage() {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> Digest256.fromHex("\n".repeat(1_000_000)));
    assertTrue(String.valueOf(e.getMessage()).endsWith("... (1000000 characters)"), e::getMessage);
    assertTrue(String.valueOf(e.getMessage()).indexOf('\n') < 0, e::getMessage);
  }

  @Test
  void wrongLengthsAndWordsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Digest256.ofBytes(new byte[31]));
    assertThrows(IllegalArgumentException.class, () -> Digest256.ofBytes(new byte[33]));
    assertThrows(IndexOutOfBoundsException.class, () -> Digest256.ofWords(0, 0, 0, 0).word(4));
    assertThrows(IndexOutOfBoundsException.class, () -> Digest256.ofWords(0, 0, 0, 0).word(-1));
  }
}
