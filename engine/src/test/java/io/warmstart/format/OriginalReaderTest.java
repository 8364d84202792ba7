package io.warmstart.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An entry of the original store, or one that somebody has edited, must not end in quarantine here
 * while the original goes on serving it. Its reader is serde's: this is what that takes beyond what
 * it writes, case by case, and what it makes of it.
 */
class OriginalReaderTest {
  private static final String HEX = "0a".repeat(32);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        // An enum's variant is its name or an object with its name and null.
        "kind|{\"Final\":null}|kind|\"Final\"",
        "kind|{ \"Checkpoint\" : null }|kind|\"Checkpoint\"",
        "kind|{\"F\\u0069nal\":null}|kind|\"Final\"",
        "kind|\"\\u0046inal\"|kind|\"Final\"",
        // A double is any number, however it is spelt.
        "objective|1e+16|objective|10000000000000000",
        "objective|1E5|objective|100000.0",
        "objective|1e5|objective|100000",
        "objective|1.5e-0|objective|1.5",
        "objective|15E-1|objective|1.5",
        "objective|-0|objective|-0.0",
        "objective|18446744073709551616|objective|1.8446744073709552e19",
        "objective|-9223372036854775809|objective|-9.223372036854775808e18",
        "objective|0e99999999999999999999|objective|0.0",
        "objective|1e-99999999999999999999|objective|0.0",
        // What a version of it does not know it skips unread.
        "producer|7|producer|null",
        "producer|{}|producer|null",
        "producer|\"a\\ud800\"|producer|null",
        "accessed|\"true\"|accessed|false",
        "accessed|1|accessed|false",
        "accessed|null|accessed|false",
        "accessed_unix_secs|null|accessed_unix_secs|0",
        "accessed_unix_secs|-1|accessed_unix_secs|0",
        "accessed_unix_secs|1.5|accessed_unix_secs|0",
        "accessed_unix_secs|\"9\"|accessed_unix_secs|0",
        "accessed_nanos|[]|accessed_nanos|0",
        "accessed_nanos|4294967296|accessed_nanos|0"
      })
  void whatItTakesMeansTheSameHere(String field, String value, String same, String plain)
      throws Exception {
    // given a field as the original would take it, and the same thing said plainly
    Manifest manifest = new ManifestText().with(field, value).decode();
    Manifest said = new ManifestText().with(same, plain).decode();

    // then
    assertEquals(said.producer(), manifest.producer());
    assertEquals(said.objective(), manifest.objective());
    assertEquals(said.finalResult(), manifest.finalResult());
    assertEquals(said.accessed(), manifest.accessed());
    assertEquals(said.accessedAt(), manifest.accessedAt());
    assertEquals(said.written(), manifest.written());
  }

  @Test
  void aNameThatItDoesNotKnowMayStandTwiceAndBothStay() throws Exception {
    // given
    String manifest = new ManifestText().toString();
    String twice = "{\"x\":1,\"x\":{\"y\":1,\"y\":2}," + manifest.substring(1);

    // when
    Manifest decoded = ManifestText.decode(twice);

    // then
    assertEquals(List.of("x", "x"), decoded.unknownFields().names());
    byte[] bytes = ManifestCodec.encode(decoded);
    assertEquals(decoded, ManifestCodec.decode(bytes, bytes.length));
  }

  @Test
  void fieldsOfOursThatItSkipsMayStandTwice() throws Exception {
    for (String field : List.of("producer", "accessed", "accessed_unix_secs", "accessed_nanos")) {
      String manifest = new ManifestText().toString();
      String twice = "{\"" + field + "\":null," + manifest.substring(1);
      assertEquals(new ManifestText().decode(), ManifestText.decode(twice), field);
    }
  }

  @Test
  void aProducerThatIsNoStringSurvivesARewrite() throws Exception {
    // given
    Manifest manifest = new ManifestText().with("producer", "[1,2]").decode();

    // when
    String written = new String(ManifestCodec.encode(manifest.withAccess(new Stamp(9, 8))), UTF_8);

    // then
    assertTrue(written.replaceAll("\\s", "").contains("\"producer\":[1,2]"), written);
    assertEquals(1, written.split("\"producer\"", -1).length - 1, written);
  }

  @Test
  void bytesThatAreNotUtf8InAValueThatItSkipsDoNoHarm() throws Exception {
    for (String field : List.of("producer", "x")) {
      byte[] latin =
          new ManifestText().with(field, "\"t\u00e9st\"").toString().getBytes(ISO_8859_1);
      assertEquals(
          new ManifestText().decode().checksum(),
          ManifestCodec.decode(latin, latin.length).checksum());
    }
  }

  @Test
  void anArrayOfItsFieldsInTheirOrderIsAManifest() throws Exception {
    // given
    String fields = "1,1795188951,5,1.5,7,{\"Final\":null},\"" + HEX + "\",10";
    Manifest said =
        new ManifestText()
            .without("producer")
            .with("kind", "\"Final\"")
            .with("accessed", "false")
            .without("accessed_unix_secs")
            .without("accessed_nanos")
            .decode();

    // then the earlier version's fields, and the later one's with its ninth
    assertEquals(said, ManifestText.decode("[" + fields + "]"));
    assertEquals(said, ManifestText.decode(" [ " + fields + ", false ]\n"));
    assertTrue(ManifestText.decode("[" + fields + ",true]").accessed());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "[1]",
        "[1,1795188951,5,1.5,7,\"Final\",\"HEX\"]",
        "[1,1795188951,5,1.5,7,\"Final\",\"HEX\",10,true,0]",
        "[1,1795188951,null,1.5,7,\"Final\",\"HEX\",10]",
        "[\"HEX\",1795188951,5,1.5,7,\"Final\",1,10]"
      })
  void anyOtherArrayIsNone(String text) {
    assertThrows(
        ManifestFormatException.class, () -> ManifestText.decode(text.replace("HEX", HEX)));
  }
}
