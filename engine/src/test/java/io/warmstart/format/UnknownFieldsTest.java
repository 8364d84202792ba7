package io.warmstart.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a later producer adds is not ours to lose. */
class UnknownFieldsTest {
  private static final String COMPACT =
      """
      "x":{"big":123456789012345678901234567890,"dec":1.50E+3,"tiny":-0.0e-999,\
      "none":null,"a":[],"o":{},"n":[[1,2],[{}]]},\
      "kind2":"Fin\\u00e9\\ud83d\\ude00\\ud800\\/\\u001f\\u007f\\n",\
      "t":true,"f":false,"\\"q\\"":1,"":2\
      """;

  private static final String LAID_OUT =
      """
      ,
        "x": {
          "big": 123456789012345678901234567890,
          "dec": 1.50E+3,
          "tiny": -0.0e-999,
          "none": null,
          "a": [],
          "o": {},
          "n": [
            [
              1,
              2
            ],
            [
              {}
            ]
          ]
        },
        "kind2": "Finé😀\\ud800/\\u001f\u007f\\n",
        "t": true,
        "f": false,
        "\\"q\\"": 1,
        "": 2
      }\
      """;

  private static Manifest withUnknown() throws ManifestFormatException {
    String known = new ManifestText().toString();
    return ManifestText.decode("{" + COMPACT + "," + known.substring(1));
  }

  @Test
  void theyAreKeptInTheirOrderWhereverTheyStood() throws Exception {
    assertEquals(
        List.of("x", "kind2", "t", "f", "\"q\"", ""), withUnknown().unknownFields().names());
    String known = new ManifestText().toString();
    assertEquals(
        withUnknown(),
        ManifestText.decode(known.substring(0, known.length() - 1) + "," + COMPACT + "}"));
  }

  @Test
  void anAccessKeepsThemDigitForDigitAndLaysThemOutAsTheOriginalDoes() throws Exception {
    String written =
        new String(ManifestCodec.encode(withUnknown().withAccess(new Stamp(9, 8))), UTF_8);
    String known =
        new String(
            ManifestCodec.encode(new ManifestText().decode().withAccess(new Stamp(9, 8))), UTF_8);
    assertEquals(known.substring(0, known.length() - 2) + LAID_OUT, written);
  }

  @Test
  void manyRewritesChangeNothingMore() throws Exception {
    Manifest manifest = withUnknown();
    byte[] first = ManifestCodec.encode(manifest);
    for (int i = 0; i < 5; i++) {
      byte[] bytes = ManifestCodec.encode(manifest);
      assertEquals(new String(first, UTF_8), new String(bytes, UTF_8));
      manifest = ManifestCodec.decode(bytes, bytes.length);
    }
    assertEquals(withUnknown(), manifest);
  }
}
