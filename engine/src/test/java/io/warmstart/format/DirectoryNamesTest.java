package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.DirectoryNames.Classified;
import io.warmstart.format.DirectoryNames.Kind;
import io.warmstart.testing.Seeds;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeds.class)
class DirectoryNamesTest {
  @Test
  void namesOfAPairComeBackToTheirRunId(Random random) {
    for (int i = 0; i < 5_000; i++) {
      String runId = RunIdsTest.randomRunId(random);
      assertEquals(
          new Classified(Kind.MANIFEST, runId, null),
          DirectoryNames.classify(DirectoryNames.manifestName(runId)));
      assertEquals(
          new Classified(Kind.PAYLOAD, runId, null),
          DirectoryNames.classify(DirectoryNames.payloadName(runId)));
    }
  }

  @Test
  void aStagedNameComesBackWithItsParts() {
    StagedName staged = new StagedName("a.bin", StagedName.Role.PREVIOUS, new Owner(1, 2, 3), 4);
    assertEquals(
        new Classified(Kind.STAGED, "a.bin", staged), DirectoryNames.classify(staged.toText()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r1.bin.tmp.4711.18e9.0",
        "r1.json.tmp.4711.18e9.0",
        "r1.json.touch.tmp.4711.0.json",
        "garbage.tmp.notapid.suffix",
        ".tmp.",
        "r.tmp.json",
        "r.tmp.bin",
        "r~payload~.tmp.5"
      })
  void whatTheOriginalTakesForATemporaryIsOne(String name) {
    Classified classified = DirectoryNames.classify(name);
    assertEquals(Kind.FOREIGN_TEMPORARY, classified.kind());
    assertNull(classified.runId());
    assertNull(classified.staged());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        ".json",
        ".bin",
        ".hidden.json",
        "-rf.bin",
        "r1",
        "r1.JSON",
        "r1.txt",
        "r 1.json",
        "a/b.json",
        "../x.bin",
        "é.json",
        "r\n.json",
        "r1~payload~x~y",
        "r1~payload.json"
      })
  void anythingElseIsUnknown(String name) {
    assertEquals(new Classified(Kind.UNKNOWN, null, null), DirectoryNames.classify(name));
  }

  @Test
  void aTooLongRunIdIsNeverFollowed() {
    assertEquals(Kind.UNKNOWN, DirectoryNames.classify("a".repeat(129) + ".json").kind());
    assertThrows(
        IllegalArgumentException.class, () -> DirectoryNames.manifestName("a".repeat(129)));
    assertThrows(IllegalArgumentException.class, () -> DirectoryNames.payloadName("../x"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r1.bin.tmp.4711.18e9.0|4711",
        "r1.json.touch.tmp.1.0|1",
        "x.tmp.0.1|0",
        "x.tmp.7|7",
        "x.tmp.4294967295.|4294967295",
        "x.tmp.5.tmp.6.|5"
      })
  void thePidStandsAfterTheFirstMark(String name, long pid) {
    assertEquals(OptionalLong.of(pid), DirectoryNames.foreignTemporaryPid(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r1.json",
        "garbage.tmp.notapid.suffix",
        "x.tmp..5",
        "x.tmp.",
        "x.tmp.-5.0",
        "x.tmp.+5.0",
        "x.tmp. 5.0",
        "x.tmp.5a.0",
        "x.tmp.0x5.0",
        "x.tmp.4294967296.0",
        "x.tmp.99999999999999999999999999.0",
        "x.tmp.\u0665.0",
        "a.tmp.tmp.5.0"
      })
  void anythingElseHasNoPid(String name) {
    assertEquals(OptionalLong.empty(), DirectoryNames.foreignTemporaryPid(name));
  }

  @Test
  void aKeyDirectoryIs64LowercaseHexDigits() {
    assertTrue(DirectoryNames.isKeyDirectory("0123456789abcdef".repeat(4)));
    assertFalse(DirectoryNames.isKeyDirectory("0123456789ABCDEF".repeat(4)));
    assertFalse(DirectoryNames.isKeyDirectory("0123456789abcdef".repeat(4) + "0"));
    assertFalse(DirectoryNames.isKeyDirectory("0".repeat(63)));
    assertFalse(DirectoryNames.isKeyDirectory("g".repeat(64)));
    assertFalse(DirectoryNames.isKeyDirectory(".warmstart"));
    assertFalse(DirectoryNames.isKeyDirectory(""));
  }
}
