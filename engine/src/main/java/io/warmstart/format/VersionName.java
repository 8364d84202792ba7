package io.warmstart.format;

import io.warmstart.model.Fingerprinter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The name of one version of an entry where none is ever overwritten: in a remote. It is the run
 * id, a dot, and the moment of its write in nanoseconds since the epoch, as 16 hex digits. So it
 * follows from run id and manifest alone, the names of one run sort by time, and each is a run id
 * itself: what is copied back by whatever program is a valid root.
 *
 * @param runId whose version it is
 * @param nanos when it was written, unsigned; 0 for a name without a stamp, which a copy of a root
 *     has
 * @param stem what stands before {@code .json} and {@code .bin}
 */
public record VersionName(String runId, long nanos, String stem) {
  private static final int DIGITS = 16;
  private static final int MOST_OF_RUN_ID = RunIds.MAX_LENGTH - DIGITS - 1;
  private static final int HASH_DIGITS = 32;
  private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000L);

  /**
   * The name that a version is given.
   *
   * @return empty if its moment lies before 1970 or after 2554
   */
  public static Optional<VersionName> of(String runId, Manifest manifest) {
    Stamp written = manifest.written();
    BigInteger nanos =
        BigInteger.valueOf(written.unixSecs())
            .multiply(NANOS)
            .add(BigInteger.valueOf(written.nanos()));
    if (nanos.signum() <= 0 || nanos.bitLength() > Long.SIZE) {
      return Optional.empty();
    }
    VersionName has = parse(runId);
    return Optional.of(
        has.nanos == nanos.longValue() ? has : stamped(runIdThere(runId), nanos.longValue()));
  }

  private static VersionName stamped(String runId, long nanos) {
    return new VersionName(runId, nanos, runId + "." + HexFormat.of().toHexDigits(nanos));
  }

  /**
   * The run id that names in a remote are made of: of one that leaves no room for the stamp its
   * beginning, and what tells it from others.
   */
  public static String runIdThere(String runId) {
    if (runId.length() <= MOST_OF_RUN_ID) {
      return runId;
    }
    byte[] bytes = runId.getBytes(StandardCharsets.UTF_8);
    String hash = new Fingerprinter().writeBytes(bytes).finish().toHex();
    int kept = MOST_OF_RUN_ID - HASH_DIGITS - 1;
    return runId.substring(0, kept) + "-" + hash.substring(0, HASH_DIGITS);
  }

  /**
   * What a name says: a run id that ends in a dot and 16 lowercase hex digits is taken for a
   * version's. Whether it is, its manifest tells.
   *
   * @param stem a valid run id
   */
  public static VersionName parse(String stem) {
    int dot = stem.length() - DIGITS - 1;
    if (dot > 0 && stem.charAt(dot) == '.' && RunIds.isValid(stem.substring(0, dot))) {
      String digits = stem.substring(dot + 1);
      if (digits.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        long nanos = HexFormat.fromHexDigitsToLong(digits);
        if (nanos != 0) {
          return new VersionName(stem.substring(0, dot), nanos, stem);
        }
      }
    }
    return new VersionName(stem, 0, stem);
  }

  /** Whether the name has a stamp, and is later than another of the same run. */
  public boolean isLaterThan(VersionName other) {
    return Long.compareUnsigned(nanos, other.nanos) > 0;
  }

  /** The name of the manifest's object under a key. */
  public String manifestName() {
    return stem + DirectoryNames.MANIFEST_SUFFIX;
  }

  /** The name of the payload's object under a key. */
  public String payloadName() {
    return stem + DirectoryNames.PAYLOAD_SUFFIX;
  }
}
