package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Digest256;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Names of versions in a remote: what `rclone` or a person copies back must be a valid root. */
class VersionNameTest {
  private static Manifest written(long unixSecs, int nanos) {
    return Manifest.ofNewEntry(
        "test",
        new Stamp(unixSecs, nanos),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        false,
        Digest256.fromHex("0".repeat(64)),
        0);
  }

  private static VersionName of(String runId, long unixSecs, int nanos) {
    return VersionName.of(runId, written(unixSecs, nanos)).orElseThrow();
  }

  @Test
  void aNameTellsRunAndMoment() {
    VersionName name = of("fold-7", 1, 2);

    assertEquals("fold-7.000000003b9aca02", name.stem());
    assertEquals("fold-7.000000003b9aca02.json", name.manifestName());
    assertEquals("fold-7.000000003b9aca02.bin", name.payloadName());
    assertEquals(name, VersionName.parse(name.stem()));
  }

  @Test
  void namesOfOneRunSortByTimeUntilThe26thCentury() {
    VersionName now = of("r", 1_795_919_790L, 999_999_999);
    VersionName late = of("r", 18_446_744_073L, 709_551_615);

    assertTrue(late.isLaterThan(now));
    assertFalse(now.isLaterThan(late));
    assertFalse(now.isLaterThan(now));
    assertTrue(late.stem().compareTo(now.stem()) > 0);
    assertEquals(late, VersionName.parse(late.stem()));
  }

  @Test
  void whatHasNoMomentInRangeHasNoName() {
    assertEquals(Optional.empty(), VersionName.of("r", written(0, 0)));
    assertEquals(Optional.empty(), VersionName.of("r", written(-1, 0)));
    assertEquals(Optional.empty(), VersionName.of("r", written(18_446_744_073L, 709_551_616)));
    assertEquals(Optional.empty(), VersionName.of("r", written(Long.MAX_VALUE, 0)));
  }

  @Test
  void aNameThatAVersionHasAlreadyIsKept() {
    VersionName name = of("fold-7", 5, 5);

    assertEquals(name, of(name.stem(), 5, 5));
    assertEquals("fold-7", of(name.stem(), 5, 5).runId());
    // Overwritten under it, it is a run like any other.
    assertEquals(name.stem(), of(name.stem(), 5, 6).runId());
  }

  @Test
  void longRunIdsLeaveRoomForTheMomentAndStayApart() {
    String one = "x".repeat(127) + "1";
    String other = "x".repeat(127) + "2";
    String fits = "y".repeat(111);

    assertEquals(128, of(one, 5, 5).stem().length());
    assertTrue(RunIds.isValid(of(one, 5, 5).stem()));
    assertNotEquals(of(one, 5, 5).runId(), of(other, 5, 5).runId());
    assertEquals(of(one, 5, 5), VersionName.parse(of(one, 5, 5).stem()));
    assertEquals(fits, of(fits, 5, 5).runId());
    assertEquals(one.substring(0, 78), of(one, 5, 5).runId().substring(0, 78));
  }

  @Test
  void whatHasNoStampIsARunId() {
    for (String runId :
        new String[] {
          "a",
          "a.b",
          "fold.000000003B9ACA02",
          "fold.00000003b9aca02",
          "fold-000000003b9aca02",
          "f.0000000000000000"
        }) {
      assertEquals(new VersionName(runId, 0, runId), VersionName.parse(runId), runId);
    }
  }
}
