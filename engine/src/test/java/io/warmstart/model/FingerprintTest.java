package io.warmstart.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  private static final String HEX =
      "c2911c6e2b431839f6aa0895864cdc273ef3fa74699e510bf5603f6443749268";

  @Test
  void hexAndBytesAreTheSameKey() {
    Fingerprint key = Fingerprint.fromHex(HEX);
    assertEquals(HEX, key.toHex());
    assertEquals(HEX, key.toString());
    assertEquals(key, Fingerprint.ofBytes(key.toBytes()));
    assertEquals(key.hashCode(), Fingerprint.ofBytes(key.toBytes()).hashCode());
    assertEquals(Digest256.fromHex(HEX), key.digest());
    assertArrayEquals(key.digest().toBytes(), key.toBytes());
    assertNotEquals(key, Fingerprint.fromHex("0".repeat(64)));
  }

  @Test
  void wrongHexIsRefusedAndShown() {
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Fingerprint.fromHex(HEX.toUpperCase(Locale.ROOT)));
    assertTrue(
        String.valueOf(e.getMessage())
            .contains("expected=64 lowercase hex digits actual=\"C2911C"));
    assertThrows(IllegalArgumentException.class, () -> Fingerprint.ofBytes(new byte[20]));
  }
}
