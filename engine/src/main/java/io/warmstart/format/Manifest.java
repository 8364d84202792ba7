package io.warmstart.format;

import io.warmstart.model.Digest256;
import io.warmstart.text.Excerpt;
import java.nio.charset.StandardCharsets;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The facts of one entry, as its manifest file states them.
 *
 * @param schemaVersion version of the format, {@link #SCHEMA_VERSION} in what this engine writes
 * @param producer the program that wrote the entry; null if it did not say
 * @param written when the entry was saved; a touch never moves it
 * @param objective the objective, lower being better; absent or finite
 * @param iteration the iteration, unsigned
 * @param finalResult whether the entry is a fit's final result, and not a checkpoint
 * @param checksum SHA-256 of the payload
 * @param payloadBytes length of the payload, not negative
 * @param accessed whether a lookup has reused the entry
 * @param accessedAt when one last did; {@link Stamp#ZERO} if never or not recorded
 * @param unknownFields fields that this version has no name for, kept for a rewrite
 */
public record Manifest(
    long schemaVersion,
    @Nullable String producer,
    Stamp written,
    OptionalDouble objective,
    OptionalLong iteration,
    boolean finalResult,
    Digest256 checksum,
    long payloadBytes,
    boolean accessed,
    Stamp accessedAt,
    UnknownFields unknownFields) {

  /**
   * The version that this engine reads and writes.
   *
   * <p>History: 1, the original store's format. Later producers added {@code producer}, {@code
   * accessed_unix_secs} and {@code accessed_nanos}, which version 1 lets a manifest omit.
   */
  public static final long SCHEMA_VERSION = 1;

  /** What the manifests that this engine writes say of their writer. */
  public static final String PRODUCER = "warmstart-java 0.1";

  /**
   * Drops an objective that is not finite, because JSON cannot write it.
   *
   * @throws IllegalArgumentException if {@code payloadBytes} is negative, or {@code producer} has
   *     half of a surrogate pair
   */
  public Manifest {
    if (payloadBytes < 0) {
      throw new IllegalArgumentException(
          "payload length is negative: expected=0 or more actual=" + payloadBytes);
    }
    if (producer != null && !isEncodable(producer)) {
      throw new IllegalArgumentException(
          "producer is not encodable: expected=whole surrogate pairs actual="
              + Excerpt.of(producer));
    }
    if (objective.isPresent() && !Double.isFinite(objective.getAsDouble())) {
      objective = OptionalDouble.empty();
    }
  }

  /** Returns the manifest of an entry that is being saved and that nobody has looked up yet. */
  public static Manifest ofNewEntry(
      @Nullable String producer,
      Stamp written,
      OptionalDouble objective,
      OptionalLong iteration,
      boolean finalResult,
      Digest256 checksum,
      long payloadBytes) {
    return new Manifest(
        SCHEMA_VERSION,
        producer,
        written,
        objective,
        iteration,
        finalResult,
        checksum,
        payloadBytes,
        false,
        Stamp.ZERO,
        UnknownFields.NONE);
  }

  /**
   * Returns this manifest with an access at {@code stamp} recorded and all else, the written stamp
   * above all, as it is. An access stamp never moves back: a clock that does must not bring the
   * entry's expiry nearer.
   */
  public Manifest withAccess(Stamp stamp) {
    return with(true, Stamp.max(accessedAt, stamp));
  }

  /** Returns this manifest as one that no lookup has used yet: accesses are each machine's own. */
  public Manifest neverAccessed() {
    return with(false, Stamp.ZERO);
  }

  private Manifest with(boolean isAccessed, Stamp at) {
    return new Manifest(
        schemaVersion,
        producer,
        written,
        objective,
        iteration,
        finalResult,
        checksum,
        payloadBytes,
        isAccessed,
        at,
        unknownFields);
  }

  /**
   * Returns whether a known field may hold {@code text}. Half of a surrogate pair can be written in
   * JSON as an escape, but the original store takes such a manifest for broken and deletes it.
   */
  static boolean isEncodable(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** Returns whether a payload of this length may be this manifest's. */
  public boolean fitsLength(long length) {
    return payloadBytes == length;
  }

  /** Returns whether a payload is this manifest's. */
  public boolean fits(long length, Digest256 payloadChecksum) {
    return fitsLength(length) && checksum.equals(payloadChecksum);
  }

  /** Returns the later of the written and the access stamp: what expiry and eviction go by. */
  public Stamp lastUse() {
    return Stamp.max(written, accessedAt);
  }
}
