package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Digest256;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
  private static final Digest256 CHECKSUM = Digest256.ofWords(1, 2, 3, 4);

  private static Manifest withObjective(double objective) {
    return Manifest.ofNewEntry(
        "test 1.0",
        new Stamp(100, 5),
        OptionalDouble.of(objective),
        OptionalLong.of(7),
        false,
        CHECKSUM,
        10);
  }

  @Test
  void aNewEntryHasNeverBeenAccessed() {
    Manifest manifest = withObjective(1.5);
    assertEquals(1, manifest.schemaVersion());
    assertFalse(manifest.accessed());
    assertEquals(Stamp.ZERO, manifest.accessedAt());
    assertEquals(UnknownFields.NONE, manifest.unknownFields());
    assertEquals(new Stamp(100, 5), manifest.lastUse());
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void aNonFiniteObjectiveIsNone(double objective) {
    assertEquals(OptionalDouble.empty(), withObjective(objective).objective());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.0, -0.0, Double.MIN_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE})
  void aFiniteObjectiveIsKeptToTheBit(double objective) {
    assertEquals(OptionalDouble.of(objective), withObjective(objective).objective());
  }

  @Test
  void anAccessMovesTheLastUseAndNothingElse() {
    Manifest manifest = withObjective(1.5);
    Manifest accessed = manifest.withAccess(new Stamp(200, 1));
    assertTrue(accessed.accessed());
    assertEquals(new Stamp(200, 1), accessed.accessedAt());
    assertEquals(new Stamp(200, 1), accessed.lastUse());
    assertEquals(
        new Manifest(
            1,
            "test 1.0",
            new Stamp(100, 5),
            OptionalDouble.of(1.5),
            OptionalLong.of(7),
            false,
            CHECKSUM,
            10,
            true,
            new Stamp(200, 1),
            UnknownFields.NONE),
        accessed);
  }

  @Test
  void aClockThatStepsBackNeverBringsExpiryNearer() {
    Manifest manifest =
        withObjective(1.5).withAccess(new Stamp(200, 1)).withAccess(new Stamp(150, 0));
    assertEquals(new Stamp(200, 1), manifest.accessedAt());
    assertEquals(new Stamp(100, 5), withObjective(1).withAccess(new Stamp(50, 0)).lastUse());
  }

  @Test
  void aNegativePayloadLengthIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Manifest.ofNewEntry(
                null,
                Stamp.ZERO,
                OptionalDouble.empty(),
                OptionalLong.empty(),
                true,
                CHECKSUM,
                -1));
  }

  @Test
  void aProducerWithHalfASurrogatePairIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Manifest.ofNewEntry(
                "a\ud800",
                Stamp.ZERO,
                OptionalDouble.empty(),
                OptionalLong.empty(),
                true,
                CHECKSUM,
                0));
  }
}
