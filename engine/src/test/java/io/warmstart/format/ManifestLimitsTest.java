package io.warmstart.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.Charset;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that are no manifest, and bytes that were made to hurt. */
class ManifestLimitsTest {
  private static String refusal(byte[] bytes, int length) {
    var e = assertThrows(ManifestFormatException.class, () -> ManifestCodec.decode(bytes, length));
    assertFalse(e instanceof SchemaVersionException);
    String message = String.valueOf(e.getMessage());
    assertTrue(message.chars().allMatch(c -> c >= ' ' && c <= '~'), message);
    assertTrue(message.length() < 500, message);
    return message;
  }

  private static String refusal(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return refusal(bytes, bytes.length);
  }

  private static String nested(int levels) {
    return "[".repeat(levels) + "]".repeat(levels);
  }

  @Test
  void lengthIsLimitedBeforeAnythingIsParsed() throws Exception {
    String manifest = new ManifestText().toString();
    String atLimit = manifest + " ".repeat(ManifestCodec.MAX_BYTES - manifest.length());
    assertEquals(new ManifestText().decode(), ManifestText.decode(atLimit));
    assertEquals(
        "manifest is too long: expected=at most 65536 bytes actual=65537", refusal(atLimit + " "));
    assertEquals(
        "manifest is too long: expected=at most 65536 bytes actual=10485760",
        refusal(new byte[10 << 20], 10 << 20));
  }

  @Test
  void depthIsLimitedTo16() throws Exception {
    new ManifestText().with("x", nested(15)).decode();
    assertTrue(
        refusal(new ManifestText().with("x", nested(16)).toString()).contains("nesting depth"));
    assertTrue(
        refusal(new ManifestText().with("x", nested(30_000)).toString()).contains("nesting depth"));
    refusal("[".repeat(60_000));
    refusal("{\"a\":".repeat(10_000));
  }

  @Test
  void aLongStringNameOrNumberIsNoReasonToRefuse() throws Exception {
    for (ManifestText text :
        new ManifestText[] {
          new ManifestText().with("x", "\"" + "a".repeat(40_000) + "\""),
          new ManifestText().with("x", "1".repeat(40_000)),
          new ManifestText().with("n".repeat(40_000), "1"),
          new ManifestText().with("objective", "0." + "1".repeat(40_000))
        }) {
      assertEquals(new ManifestText().decode().written(), text.decode().written());
    }
  }

  @Test
  void aHugeExponentInAnUnknownFieldCostsNothingAndStays() throws Exception {
    Manifest manifest = new ManifestText().with("x", "1e999999999").decode();
    assertTrue(new String(ManifestCodec.encode(manifest), UTF_8).endsWith("\"x\": 1e999999999\n}"));
    refusal(new ManifestText().with("objective", "1e999999999").toString());
  }

  @Test
  void noFieldThatEveryVersionReadsMayStandTwice() {
    String manifest = new ManifestText().toString();
    for (String again :
        new String[] {
          "{\"kind\":\"Final\"," + manifest.substring(1),
          "{\"schema_version\":1," + manifest.substring(1),
          "{\"written_nanos\":5," + manifest.substring(1),
          "{\"\\u006bind\":\"Final\"," + manifest.substring(1)
        }) {
      assertTrue(refusal(again).contains("stands twice: field="), again);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\n",
        "\0",
        "[]",
        "[1,1795188951]",
        "\"x\"",
        "1",
        "null",
        "true",
        "NaN",
        "{",
        "}",
        "{\"schema_version\"",
        "{\"schema_version\":",
        "{\"schema_version\":1",
        "{\"schema_version\":1,}",
        "{\"schema_version\":01}",
        "{\"schema_version\":+1}",
        "{\"schema_version\":1.}",
        "{\"schema_version\":.1}",
        "{\"schema_version\":0x1}",
        "{\"schema_version\":NaN}",
        "{\"schema_version\":Infinity}",
        "{\"schema_version\":-Infinity}",
        "{schema_version:1}",
        "{'schema_version':1}",
        "{\"schema_version\":1 \"kind\":1}",
        "/* c */{\"schema_version\":1}",
        "{\"schema_version\":1} // c",
        "# c\n{\"schema_version\":1}",
        "{\"schema_version\":\"\n\"}",
        "{\"schema_version\":\"\\x\"}",
        "{\"schema_version\":\"\\u12g4\"}",
        "{\"schema_version\":tru}",
        "{}"
      })
  void whatIsNoManifestIsRefusedOnOneLine(String text) {
    refusal(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "}", "{}", "[]", "1", "\"a\"", "null", ",", "\0", "\n{}", "/**/"})
  void nothingMayFollow(String garbage) {
    refusal(new ManifestText() + garbage);
  }

  @Test
  void spaceMayFollow() throws Exception {
    assertEquals(
        new ManifestText().decode(),
        ManifestText.decode(" \t\r\n" + new ManifestText() + " \t\r\n"));
  }

  @Test
  void anotherEncodingAndAByteOrderMarkAreRefused() {
    String manifest = new ManifestText().toString();
    assertTrue(refusal("\ufeff" + manifest).contains("byte order mark"));
    for (String charset : new String[] {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE", "UTF-32BE"}) {
      byte[] bytes = manifest.getBytes(Charset.forName(charset));
      refusal(bytes, bytes.length);
    }
  }

  @Test
  void bytesThatAreNotUtf8AreRefusedInAFieldThatIsRead() {
    for (String field : new String[] {"Checkpoint", "kind", "payload_bytes", "0a0a"}) {
      String manifest = new ManifestText().toString();
      byte[] bytes = manifest.getBytes(UTF_8);
      bytes[manifest.indexOf(field) + 1] = (byte) 0xc0;
      refusal(bytes, bytes.length);
    }
  }

  @Test
  void everyTornManifestIsRefused() {
    byte[] bytes = new ManifestText().with("x", "[1,{\"y\":\"z\"}]").toString().getBytes(UTF_8);
    for (int length = 0; length < bytes.length; length++) {
      refusal(bytes, length);
      byte[] zeroed = Arrays.copyOf(Arrays.copyOf(bytes, length), bytes.length);
      refusal(zeroed, zeroed.length);
    }
  }

  @Test
  void onlyTheGivenLengthIsLookedAt() throws Exception {
    byte[] bytes = new ManifestText().toString().getBytes(UTF_8);
    byte[] longer = Arrays.copyOf(bytes, 1 << 20);
    Arrays.fill(longer, bytes.length, longer.length, (byte) '{');
    assertEquals(new ManifestText().decode(), ManifestCodec.decode(longer, bytes.length));
    assertThrows(
        IndexOutOfBoundsException.class, () -> ManifestCodec.decode(bytes, bytes.length + 1));
  }

  @Test
  void aManifestThatWouldBeTooLongIsNotWritten() throws Exception {
    // Compact it fits; laid out one item a line it does not.
    Manifest manifest = new ManifestText().with("x", "[0" + ",0".repeat(30_000) + "]").decode();
    var e = assertThrows(ManifestFormatException.class, () -> ManifestCodec.encode(manifest));
    assertTrue(
        String.valueOf(e.getMessage()).startsWith("manifest is too long: expected=at most 65536"));
  }
}
