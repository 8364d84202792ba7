package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.testing.Seeds;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeds.class)
class RunIdsTest {
  /** A valid run id, often one that tries to look like another name in the directory. */
  static String randomRunId(Random random) {
    String[] pieces = {
      ".bin", ".json", ".tmp", "tmp.", "payload", "manifest", "-", "_", ".", "..", "r1", "A", "0"
    };
    while (true) {
      StringBuilder id = new StringBuilder("r");
      int target = 1 + random.nextInt(random.nextBoolean() ? 12 : RunIds.MAX_LENGTH);
      while (id.length() < target) {
        id.append(pieces[random.nextInt(pieces.length)]);
      }
      id.setLength(Math.min(id.length(), RunIds.MAX_LENGTH));
      if (RunIds.isValid(id)) {
        return id.toString();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r",
        "7",
        "my-run_01.a",
        "r5633-18e9cad7298f7945",
        "a.bin",
        "a.json",
        "a..b",
        "a.",
        "A-",
        "r.tmp-",
        "r.tmpx",
        "rtmp.",
        "tmp"
      })
  void ordinaryNamesAreValid(String runId) {
    assertTrue(RunIds.isValid(runId));
    assertEquals(runId, RunIds.requireValid(runId));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "../x",
        "/abs",
        "a/b",
        "a\\b",
        "a\0b",
        "a\n",
        ".hidden",
        "..",
        "-rf",
        "_a",
        "a b",
        "a~b",
        "a:b",
        "é",
        "aé",
        "\uff41",
        "a\u0661",
        "\ud83d\ude00",
        "a\ud800",
        "r.tmp.1",
        "r.tmp.",
        "r.tmp"
      })
  void namesThatCouldLeaveTheDirectoryHideOrBeMistakenAreRefused(String runId) {
    assertFalse(RunIds.isValid(runId));
    var e = assertThrows(IllegalArgumentException.class, () -> RunIds.requireValid(runId));
    assertTrue(
        String.valueOf(e.getMessage()).startsWith("run id is not usable: expected=[A-Za-z0-9]"));
    assertTrue(String.valueOf(e.getMessage()).contains(" actual=\""));
    assertTrue(
        String.valueOf(e.getMessage()).chars().allMatch(c -> c >= ' ' && c <= '~'), e::getMessage);
  }

  @Test
  void lengthIsLimitedTo128() {
    assertTrue(RunIds.isValid("a".repeat(128)));
    assertFalse(RunIds.isValid("a".repeat(129)));
    var e =
        assertThrows(IllegalArgumentException.class, () -> RunIds.requireValid("a".repeat(300)));
    assertTrue(String.valueOf(e.getMessage()).endsWith("... (300 characters)"), e::getMessage);
  }

  /**
   * The original store skips every name with {@code .tmp.} in it and may delete it. A run id that
   * ends in {@code .tmp} would get such names from its suffixes, and its entries would be invisible
   * there.
   */
  @Test
  void noFileNameOfAValidRunIdLooksLikeATemporary(Random random) {
    for (int i = 0; i < 5_000; i++) {
      String runId = randomRunId(random);
      assertFalse(DirectoryNames.manifestName(runId).contains(".tmp."), runId);
      assertFalse(DirectoryNames.payloadName(runId).contains(".tmp."), runId);
    }
  }
}
