package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Digest256;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What each field of a manifest may be. */
class ManifestFieldTypesTest {
  @Test
  void aManifestWithEveryFieldIsRead() throws Exception {
    assertEquals(
        new Manifest(
            1,
            "test",
            new Stamp(1_795_188_951L, 5),
            OptionalDouble.of(1.5),
            OptionalLong.of(7),
            false,
            Digest256.fromHex("0a".repeat(32)),
            10,
            true,
            new Stamp(1_795_188_952L, 6),
            UnknownFields.NONE),
        new ManifestText().decode());
  }

  @ParameterizedTest
  @EnumSource(ManifestField.class)
  void requiredFieldsMustBeThereAndOthersNeedNot(ManifestField field) throws Exception {
    ManifestText text = new ManifestText().without(field.jsonName());
    if (field.required()) {
      var e = assertThrows(ManifestFormatException.class, text::decode);
      assertEquals(
          "manifest field is malformed: field="
              + field.jsonName()
              + " expected="
              + field.expected()
              + " actual=nothing",
          e.getMessage());
    } else {
      text.decode();
    }
  }

  @Test
  void missingFieldsTakeTheirDefaults() throws Exception {
    assertNull(new ManifestText().without("producer").decode().producer());
    assertNull(new ManifestText().with("producer", "null").decode().producer());
    assertEquals(0, new ManifestText().without("written_nanos").decode().written().nanos());
    assertFalse(new ManifestText().without("accessed").decode().accessed());
    assertEquals(
        new Stamp(0, 6), new ManifestText().without("accessed_unix_secs").decode().accessedAt());
    assertEquals(
        new Stamp(1_795_188_952L, 0),
        new ManifestText().without("accessed_nanos").decode().accessedAt());
    for (ManifestText text :
        new ManifestText[] {
          new ManifestText().without("objective").without("iteration"),
          new ManifestText().with("objective", "null").with("iteration", "null")
        }) {
      assertEquals(OptionalDouble.empty(), text.decode().objective());
      assertEquals(OptionalLong.empty(), text.decode().iteration());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "schema_version|null",
        "schema_version|\"1\"",
        "schema_version|1.0",
        "schema_version|true",
        "schema_version|-1",
        "schema_version|18446744073709551616",
        "schema_version|[1]",
        "written_unix_secs|null",
        "written_unix_secs|-1",
        "written_unix_secs|1.0",
        "written_unix_secs|1e3",
        "written_unix_secs|18446744073709551616",
        "written_unix_secs|\"5\"",
        "written_nanos|null",
        "written_nanos|-1",
        "written_nanos|4294967296",
        "written_nanos|1.5",
        "objective|\"1.5\"",
        "objective|true",
        "objective|1e999",
        "objective|-1e999",
        "objective|[1]",
        "objective|{}",
        "iteration|-1",
        "iteration|-0",
        "iteration|1.0",
        "iteration|1e3",
        "iteration|\"7\"",
        "iteration|18446744073709551616",
        "iteration|99999999999999999999",
        "iteration|100000000000000000000",
        "iteration|true",
        "kind|null",
        "kind|\"final\"",
        "kind|\"FINAL\"",
        "kind|\"\"",
        "kind|1",
        "kind|\"Final \"",
        "kind|{}",
        "kind|{\"Final\":1}",
        "kind|{\"Final\":{}}",
        "kind|{\"Final\":null,\"Checkpoint\":null}",
        "kind|{\"final\":null}",
        "kind|[\"Final\"]",
        "checksum_hex|null",
        "checksum_hex|\"\"",
        "checksum_hex|1",
        "payload_bytes|null",
        "payload_bytes|-1",
        "payload_bytes|1.0",
        "payload_bytes|\"10\"",
        "payload_bytes|9223372036854775808",
        "payload_bytes|18446744073709551615",
        "payload_bytes|18446744073709551616"
      })
  void aFieldOfAnotherTypeOrRangeIsRefusedByName(String field, String value) {
    var e =
        assertThrows(
            ManifestFormatException.class, () -> new ManifestText().with(field, value).decode());
    assertFalse(e instanceof SchemaVersionException);
    assertTrue(
        String.valueOf(e.getMessage())
            .startsWith("manifest field is malformed: field=" + field + " expected="),
        e::getMessage);
    assertTrue(String.valueOf(e.getMessage()).contains(" actual="), e::getMessage);
  }

  @Test
  void aChecksumIs64LowercaseHexDigits() {
    for (String hex : new String[] {"0A".repeat(32), "0a".repeat(31), "0g".repeat(32)}) {
      assertThrows(
          ManifestFormatException.class,
          () -> new ManifestText().with("checksum_hex", "\"" + hex + "\"").decode());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1.0",
    "-1, -1.0",
    "-0, -0.0",
    "-0.0, -0.0",
    "0.0, 0.0",
    "5e-324, 4.9E-324",
    "1e-999, 0.0",
    "1.7976931348623157e308, 1.7976931348623157E308",
    "1E+2, 100.0",
    "123456789012345678901234567890, 1.2345678901234568E29"
  })
  void anyFiniteNumberIsAnObjectiveToTheBit(String value, double expected) throws Exception {
    assertEquals(
        OptionalDouble.of(expected),
        new ManifestText().with("objective", value).decode().objective());
  }

  @Test
  void unsignedNumbersReachTheirEnds() throws Exception {
    Manifest manifest =
        new ManifestText()
            .with("iteration", "18446744073709551615")
            .with("written_unix_secs", "18446744073709551615")
            .with("written_nanos", "4294967295")
            .with("accessed_unix_secs", "9223372036854775808")
            .with("accessed_nanos", "1000000000")
            .with("payload_bytes", "9223372036854775807")
            .with("kind", "\"Final\"")
            .decode();
    assertEquals(OptionalLong.of(-1L), manifest.iteration());
    assertEquals(new Stamp(-1L, -1), manifest.written());
    assertEquals(new Stamp(Long.MIN_VALUE, 1_000_000_000), manifest.accessedAt());
    assertEquals(Long.MAX_VALUE, manifest.payloadBytes());
    assertTrue(manifest.finalResult());
    byte[] bytes = ManifestCodec.encode(manifest);
    assertEquals(manifest, ManifestCodec.decode(bytes, bytes.length));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "2, 2", "100, 100", "4294967296, 4294967296", "18446744073709551615, -1"})
  void anotherSchemaVersionIsToldApart(String value, long expected) {
    var e =
        assertThrows(
            SchemaVersionException.class,
            () -> new ManifestText().with("schema_version", value).decode());
    assertEquals(expected, e.schemaVersion());
    assertEquals("manifest has another schema version: expected=1 actual=" + value, e.getMessage());
  }

  @Test
  void anotherSchemaVersionIsToldApartWhateverElseTheManifestHolds() {
    for (String text :
        new String[] {
          "{\"schema_version\":2}",
          "{\"kind\":[],\"checksum_hex\":null,\"written_unix_secs\":\"now\",\"schema_version\":2}",
          "{\"payload_bytes\":-1,\"objective\":{\"a\":1},\"schema_version\":2,\"accessed\":3}"
        }) {
      var e = assertThrows(SchemaVersionException.class, () -> ManifestText.decode(text));
      assertEquals(2, e.schemaVersion());
    }
  }
}
