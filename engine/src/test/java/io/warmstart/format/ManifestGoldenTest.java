package io.warmstart.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Digest256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Manifests that others wrote, and the bytes that we write. */
class ManifestGoldenTest {
  private static final String LATER =
      "rust-gam-later-fields/"
          + "4debcf09a5586b59673876f347b5c2ee8b6a30c9333474dfb2614d547a0738b8/";
  private static final String OLDEST =
      "rust-gam-later-fields/"
          + "3306f93379a5a1f928283595a06a82c53cdc319f01fd1955cb4fb5794d89424b/";

  @Test
  void whatTheOriginalWroteComesBackByteForByteWithTheAccessStampAdded() throws Exception {
    List<Path> files = Fixtures.manifests(Fixtures.path("rust-gam"));
    assertEquals(12, files.size());
    for (Path file : files) {
      String original = Files.readString(file);
      assertTrue(original.endsWith("\n}"));
      String expected =
          original.substring(0, original.length() - 2)
              + ",\n  \"accessed_unix_secs\": 0,\n  \"accessed_nanos\": 0\n}";
      assertEquals(expected, encoded(Fixtures.decode(file)), file.toString());
    }
  }

  @Test
  void whatALaterProducerWroteComesBackByteForByte() throws Exception {
    for (String run : new String[] {"r1-a", "r1-b", "r1-c"}) {
      Path file = Fixtures.path(LATER + run + ".json");
      assertEquals(Files.readString(file), encoded(Fixtures.decode(file)));
    }
  }

  @Test
  void theSmallestManifestOfTheOldestProducerTakesDefaults() throws Exception {
    Path file = Fixtures.path(OLDEST + "old.json");
    Manifest manifest = Fixtures.decode(file);
    assertNull(manifest.producer());
    assertEquals(
        new Manifest(
            1,
            null,
            new Stamp(1_795_188_951L, 0),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            true,
            Digest256.fromHex("cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4"),
            3,
            false,
            Stamp.ZERO,
            UnknownFields.NONE),
        manifest);
    assertEquals(
        """
        {
          "schema_version": 1,
          "written_unix_secs": 1795188951,
          "written_nanos": 0,
          "objective": null,
          "iteration": null,
          "kind": "Final",
          "checksum_hex": "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4",
          "payload_bytes": 3,
          "accessed": false,
          "accessed_unix_secs": 0,
          "accessed_nanos": 0
        }\
        """,
        encoded(manifest));
  }

  @Test
  void aNewManifestIsWrittenWithEveryField() throws Exception {
    Manifest manifest =
        Manifest.ofNewEntry(
            "warmstart \"0\"\u001f\u007f/\t✓",
            new Stamp(-1L, -1),
            OptionalDouble.of(Double.MIN_VALUE),
            OptionalLong.of(-1L),
            false,
            Digest256.ofWords(0, 0, 0, 0xabcL),
            Long.MAX_VALUE);
    String expected =
        """
        {
          "schema_version": 1,
          "producer": "warmstart \\"0\\"\\u001f\u007f/\\t✓",
          "written_unix_secs": 18446744073709551615,
          "written_nanos": 4294967295,
          "objective": 5e-324,
          "iteration": 18446744073709551615,
          "kind": "Checkpoint",
          "checksum_hex": "0000000000000000000000000000000000000000000000000000000000000abc",
          "payload_bytes": 9223372036854775807,
          "accessed": false,
          "accessed_unix_secs": 0,
          "accessed_nanos": 0
        }\
        """;
    assertEquals(expected, encoded(manifest));
    byte[] bytes = expected.getBytes(UTF_8);
    assertEquals(manifest, ManifestCodec.decode(bytes, bytes.length));
  }

  @Test
  void fieldsAreWrittenInTheOrderOfTheirList() throws Exception {
    Manifest manifest = Fixtures.decode(Fixtures.path(LATER + "r1-b.json"));
    byte[] bytes = ManifestCodec.encode(manifest);
    List<String> written = new ArrayList<>();
    for (JsonValue.Member member :
        ((JsonValue.ObjectValue) JsonReader.read(bytes, bytes.length)).members()) {
      written.add(member.name());
    }
    assertEquals(
        Arrays.stream(ManifestField.values()).map(ManifestField::jsonName).toList(), written);
  }

  @Test
  void checksumAndLengthAreThoseOfTheFixturesPayloads() throws Exception {
    List<Path> files = new ArrayList<>(Fixtures.manifests(Fixtures.path("rust-gam")));
    files.addAll(Fixtures.manifests(Fixtures.path("rust-gam-later-fields")));
    assertEquals(16, files.size());
    for (Path file : files) {
      Manifest manifest = Fixtures.decode(file);
      byte[] payload =
          Files.readAllBytes(file.resolveSibling(DirectoryNames.payloadName(Fixtures.runId(file))));
      assertEquals(payload.length, manifest.payloadBytes());
      assertEquals(
          Digest256.ofBytes(MessageDigest.getInstance("SHA-256").digest(payload)),
          manifest.checksum());
    }
  }

  private static String encoded(Manifest manifest) throws ManifestFormatException {
    return new String(ManifestCodec.encode(manifest), UTF_8);
  }
}
