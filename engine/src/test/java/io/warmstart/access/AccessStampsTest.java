package io.warmstart.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.model.Digest256;
import io.warmstart.ranking.Candidate;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is remembered of hits until manifests tell of them. */
class AccessStampsTest {
  private static final Digest256 KEY = Digest256.ofWords(1, 2, 3, 4);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long NOW = 1_700_000_000L * SECOND;

  private final AccessStamps stamps = new AccessStamps();

  private static Candidate version(long writtenNanos) {
    return new Candidate(
        "run",
        Manifest.ofNewEntry(
            "test",
            Stamp.ofUnixNanos(writtenNanos),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            false,
            KEY,
            8));
  }

  /** In the background uses are told late; a version may have been replaced since. */
  @Test
  void aLateWordOfTheVersionBeforeTakesNothingFromTheNext() {
    Candidate before = version(NOW - 10 * SECOND);
    Candidate after = version(NOW - SECOND);
    stamps.note(KEY, before, NOW - 5 * SECOND);
    stamps.note(KEY, after, NOW);

    stamps.note(KEY, before, NOW + 2 * SECOND);

    assertEquals(Stamp.ofUnixNanos(NOW), stamps.noted(KEY, after));
    assertNull(stamps.noted(KEY, before));
    stamps.note(KEY, after, NOW + 3 * SECOND);
    assertEquals(Stamp.ofUnixNanos(NOW + 3 * SECOND), stamps.noted(KEY, after));
  }
}
