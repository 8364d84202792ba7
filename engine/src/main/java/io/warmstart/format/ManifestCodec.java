package io.warmstart.format;

import io.warmstart.format.JsonValue.Literal;
import io.warmstart.format.JsonValue.Member;
import io.warmstart.format.JsonValue.NumberToken;
import io.warmstart.format.JsonValue.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Between a manifest and the bytes of its file.
 *
 * <p>Every manifest that a version of the original store takes is taken here, with the same
 * meaning, within two limits that keep a stranger from making it costly: {@link #MAX_BYTES} and
 * sixteen levels. So a field that some version of the original does not know may hold anything;
 * what it cannot mean is passed over as if it were missing. Fields that this version does not know
 * are allowed at any value and kept.
 *
 * <p><b>Threads:</b> safe for all.
 */
public final class ManifestCodec {
  /** Longest manifest that is read or written. */
  public static final int MAX_BYTES = 64 * 1024;

  private static final String CHECKPOINT = "Checkpoint";
  private static final String FINAL = "Final";

  private ManifestCodec() {}

  /**
   * Returns the bytes of a manifest's file: the known fields in the order of {@link ManifestField},
   * then the unknown ones in theirs. A producer that is absent is not written, an objective or
   * iteration that is absent is written as null.
   *
   * @throws ManifestFormatException if they would be more than {@link #MAX_BYTES}
   */
  public static byte[] encode(Manifest manifest) throws ManifestFormatException {
    List<Member> members = new ArrayList<>();
    put(members, ManifestField.SCHEMA_VERSION, unsigned(manifest.schemaVersion()));
    String producer = manifest.producer();
    if (producer != null) {
      put(members, ManifestField.PRODUCER, new Text(producer));
    }
    put(members, ManifestField.WRITTEN_UNIX_SECS, unsigned(manifest.written().unixSecs()));
    put(members, ManifestField.WRITTEN_NANOS, nanos(manifest.written()));
    put(
        members,
        ManifestField.OBJECTIVE,
        manifest.objective().isPresent()
            ? new NumberToken(ShortestDecimal.of(manifest.objective().getAsDouble()))
            : Literal.NULL);
    put(
        members,
        ManifestField.ITERATION,
        manifest.iteration().isPresent()
            ? unsigned(manifest.iteration().getAsLong())
            : Literal.NULL);
    put(members, ManifestField.KIND, new Text(manifest.finalResult() ? FINAL : CHECKPOINT));
    put(members, ManifestField.CHECKSUM_HEX, new Text(manifest.checksum().toHex()));
    put(members, ManifestField.PAYLOAD_BYTES, unsigned(manifest.payloadBytes()));
    put(members, ManifestField.ACCESSED, Literal.of(manifest.accessed()));
    put(members, ManifestField.ACCESSED_UNIX_SECS, unsigned(manifest.accessedAt().unixSecs()));
    put(members, ManifestField.ACCESSED_NANOS, nanos(manifest.accessedAt()));
    members.addAll(manifest.unknownFields().members());
    byte[] bytes = JsonWriter.toBytes(new JsonValue.ObjectValue(members));
    requireWithinLimit(bytes.length);
    return bytes;
  }

  /**
   * Returns the manifest that the first {@code length} of {@code bytes} are.
   *
   * @throws SchemaVersionException if they are JSON whose {@code schema_version} is another one,
   *     whatever the other fields are
   * @throws ManifestFormatException if they are anything else but a manifest
   */
  public static Manifest decode(byte[] bytes, int length) throws ManifestFormatException {
    Objects.checkFromIndexSize(0, length, bytes.length);
    requireWithinLimit(length);
    ManifestFields fields = ManifestFields.of(JsonReader.read(bytes, length));
    // Before any other field is looked at: another version may have given it another meaning.
    long schemaVersion = fields.unsignedLong(ManifestField.SCHEMA_VERSION);
    if (schemaVersion != Manifest.SCHEMA_VERSION) {
      throw new SchemaVersionException(schemaVersion);
    }
    return new Manifest(
        schemaVersion,
        fields.producer(),
        new Stamp(
            fields.unsignedLong(ManifestField.WRITTEN_UNIX_SECS),
            fields.unsignedInt(ManifestField.WRITTEN_NANOS)),
        fields.optionalDouble(ManifestField.OBJECTIVE),
        fields.optionalUnsignedLong(ManifestField.ITERATION),
        fields.variant(ManifestField.KIND, FINAL, CHECKPOINT),
        fields.digest(ManifestField.CHECKSUM_HEX),
        fields.nonNegativeLong(ManifestField.PAYLOAD_BYTES),
        fields.accessed(),
        fields.accessedAt(),
        fields.unknown());
  }

  private static void put(List<Member> members, ManifestField field, JsonValue value) {
    members.add(new Member(field.jsonName(), value));
  }

  private static NumberToken unsigned(long value) {
    return new NumberToken(Long.toUnsignedString(value));
  }

  private static NumberToken nanos(Stamp stamp) {
    return new NumberToken(Integer.toUnsignedString(stamp.nanos()));
  }

  private static void requireWithinLimit(int length) throws ManifestFormatException {
    if (length > MAX_BYTES) {
      throw new ManifestFormatException(
          "manifest is too long: expected=at most " + MAX_BYTES + " bytes actual=" + length);
    }
  }
}
