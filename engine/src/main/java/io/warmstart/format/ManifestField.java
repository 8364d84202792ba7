package io.warmstart.format;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The fields of a manifest, in the order in which they are written. */
public enum ManifestField {
  /** Version of the format. */
  SCHEMA_VERSION("schema_version", true, "an integer of 0 or more"),
  /** The program that wrote the entry. */
  PRODUCER("producer", false, "a string"),
  /** When the entry was saved, seconds since 1970. */
  WRITTEN_UNIX_SECS("written_unix_secs", true, "an integer in 0..2^64-1"),
  /** When the entry was saved, nanoseconds within the second. */
  WRITTEN_NANOS("written_nanos", false, "an integer in 0..2^32-1"),
  /** The objective, lower being better. */
  OBJECTIVE("objective", false, "a number that a double can hold, or null"),
  /** The iteration. */
  ITERATION("iteration", false, "an integer in 0..2^64-1, or null"),
  /** Whether the entry is a checkpoint or a final result. */
  KIND("kind", true, "\"Checkpoint\" or \"Final\""),
  /** SHA-256 of the payload. */
  CHECKSUM_HEX("checksum_hex", true, "64 lowercase hex digits"),
  /** Length of the payload. */
  PAYLOAD_BYTES("payload_bytes", true, "an integer in 0..2^63-1"),
  /** Whether a lookup has reused the entry. */
  ACCESSED("accessed", false, "true or false"),
  /** When a lookup last did, seconds since 1970. */
  ACCESSED_UNIX_SECS("accessed_unix_secs", false, "an integer in 0..2^64-1"),
  /** When a lookup last did, nanoseconds within the second. */
  ACCESSED_NANOS("accessed_nanos", false, "an integer in 0..2^32-1");

  private static final Map<String, ManifestField> BY_JSON_NAME =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(ManifestField::jsonName, Function.identity()));

  private final String jsonName;
  private final boolean required;
  private final String expected;

  ManifestField(String jsonName, boolean required, String expected) {
    this.jsonName = jsonName;
    this.required = required;
    this.expected = expected;
  }

  /** Returns the field of that name in the file, or null if this version knows none. */
  static @Nullable ManifestField ofJsonName(String name) {
    return BY_JSON_NAME.get(name);
  }

  /** Returns the field's name in the file. */
  public String jsonName() {
    return jsonName;
  }

  /** Returns whether a manifest without the field is malformed. */
  public boolean required() {
    return required;
  }

  /** Returns what the field holds, in words. */
  public String expected() {
    return expected;
  }
}
