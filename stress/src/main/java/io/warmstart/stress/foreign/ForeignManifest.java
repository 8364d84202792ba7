package io.warmstart.stress.foreign;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A manifest as the original knows it. Fields that it does not know it ignores, and loses when it
 * writes the manifest again.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record ForeignManifest(
    @JsonProperty(value = "schema_version", required = true) long schemaVersion,
    @JsonProperty(value = "written_unix_secs", required = true) long writtenUnixSecs,
    @JsonProperty("written_nanos") long writtenNanos,
    @JsonProperty("objective") @Nullable Double objective,
    @JsonProperty("iteration") @Nullable Long iteration,
    @JsonProperty(value = "kind", required = true) String kind,
    @JsonProperty(value = "checksum_hex", required = true) String checksumHex,
    @JsonProperty(value = "payload_bytes", required = true) long payloadBytes,
    @JsonProperty("accessed") boolean accessed) {
  static final long SCHEMA_VERSION = 1;

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  static ForeignManifest parse(byte[] bytes) throws IOException {
    return Objects.requireNonNull(MAPPER.readValue(bytes, ForeignManifest.class));
  }

  byte[] toBytes() throws IOException {
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
  }

  long stampNanos() {
    return writtenUnixSecs * NANOS_PER_SECOND + writtenNanos;
  }

  /** A touch of the original moves the stamp of the write. */
  ForeignManifest touchedAt(long unixNanos) {
    long stamp = Math.max(unixNanos, stampNanos() + 1);
    return new ForeignManifest(
        schemaVersion,
        stamp / NANOS_PER_SECOND,
        stamp % NANOS_PER_SECOND,
        objective,
        iteration,
        kind,
        checksumHex,
        payloadBytes,
        true);
  }

  /** Whether a lookup of the best prefers this one. */
  boolean betterThan(ForeignManifest other) {
    if (objective == null || other.objective == null) {
      return objective != null || (other.objective == null && newerThan(other));
    }
    if (Math.abs(objective - other.objective) < 1e-12) {
      return kind.equals(other.kind) ? newerThan(other) : isFinal();
    }
    return objective < other.objective;
  }

  boolean newerThan(ForeignManifest other) {
    return stampNanos() != other.stampNanos()
        ? stampNanos() > other.stampNanos()
        : isFinal() && !other.isFinal();
  }

  private boolean isFinal() {
    return kind.equals("Final");
  }
}
