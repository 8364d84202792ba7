package io.warmstart.format;

/**
 * A manifest of another schema version. Its own type because the caller acts differently: such a
 * manifest is whole and no writer in flight will mend it, so it goes to quarantine as soon as met.
 */
public final class SchemaVersionException extends ManifestFormatException {
  private static final long serialVersionUID = 1L;

  private final long schemaVersion;

  SchemaVersionException(long schemaVersion) {
    super(
        "manifest has another schema version: expected="
            + Manifest.SCHEMA_VERSION
            + " actual="
            + Long.toUnsignedString(schemaVersion));
    this.schemaVersion = schemaVersion;
  }

  /** Returns the version that the manifest claims, unsigned. */
  long schemaVersion() {
    return schemaVersion;
  }
}
