package io.warmstart.format;

import io.warmstart.format.JsonValue.Literal;
import io.warmstart.format.JsonValue.NumberToken;
import io.warmstart.format.JsonValue.Text;
import io.warmstart.model.Digest256;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The fields that stood in a manifest's file, and what each must be to be taken. */
final class ManifestFields {
  private static final long MAX_UNSIGNED_INT = 0xffff_ffffL;

  /**
   * Fields that a version of the original store skips unread, twice or with any value: they cannot
   * make an entry bad. {@code accessed} is a field of its later version only.
   */
  private static final Set<ManifestField> SKIPPED_BY_THE_ORIGINAL =
      EnumSet.of(
          ManifestField.PRODUCER,
          ManifestField.ACCESSED,
          ManifestField.ACCESSED_UNIX_SECS,
          ManifestField.ACCESSED_NANOS);

  /** The original's reader also takes its fields as an array, in the order of its declaration. */
  private static final List<ManifestField> ARRAY_ORDER =
      List.of(
          ManifestField.SCHEMA_VERSION,
          ManifestField.WRITTEN_UNIX_SECS,
          ManifestField.WRITTEN_NANOS,
          ManifestField.OBJECTIVE,
          ManifestField.ITERATION,
          ManifestField.KIND,
          ManifestField.CHECKSUM_HEX,
          ManifestField.PAYLOAD_BYTES,
          ManifestField.ACCESSED);

  private final Map<ManifestField, JsonValue> known = new EnumMap<>(ManifestField.class);
  private final UnknownFields unknown;

  private ManifestFields(JsonValue.ObjectValue object) throws ManifestFormatException {
    List<JsonValue.Member> others = new ArrayList<>();
    for (JsonValue.Member member : object.members()) {
      ManifestField field = ManifestField.ofJsonName(member.name());
      if (field == null || (field == ManifestField.PRODUCER && !isProducer(member.value()))) {
        others.add(member);
      } else if (known.put(field, member.value()) != null
          && !SKIPPED_BY_THE_ORIGINAL.contains(field)) {
        throw new ManifestFormatException("manifest field stands twice: field=" + field.jsonName());
      }
    }
    unknown = UnknownFields.of(others);
  }

  static ManifestFields of(JsonValue manifest) throws ManifestFormatException {
    return manifest instanceof JsonValue.ObjectValue object
        ? new ManifestFields(object)
        : new ManifestFields(named(((JsonValue.ArrayValue) manifest).items()));
  }

  /** Gives an array's items their names. Only {@code accessed}, the last, may be missing. */
  private static JsonValue.ObjectValue named(List<JsonValue> items) throws ManifestFormatException {
    int most = ARRAY_ORDER.size();
    if (items.size() < most - 1 || items.size() > most) {
      throw new ManifestFormatException(
          "manifest is an array of another length: expected=8 or 9 actual=" + items.size());
    }
    List<JsonValue.Member> members = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      members.add(new JsonValue.Member(ARRAY_ORDER.get(i).jsonName(), items.get(i)));
    }
    return new JsonValue.ObjectValue(members);
  }

  private static boolean isProducer(JsonValue value) {
    return value == Literal.NULL
        || (value instanceof Text text && Manifest.isEncodable(text.value()));
  }

  UnknownFields unknown() {
    return unknown;
  }

  /** Returns an unsigned 64-bit field, 0 if it is missing and may be. */
  long unsignedLong(ManifestField field) throws ManifestFormatException {
    JsonValue value = valueOrMissing(field);
    return value == null ? 0 : parseUnsignedLong(field, value);
  }

  /** Returns an unsigned 32-bit field as its bits, 0 if it is missing and may be. */
  int unsignedInt(ManifestField field) throws ManifestFormatException {
    long value = unsignedLong(field);
    if (Long.compareUnsigned(value, MAX_UNSIGNED_INT) > 0) {
      throw malformed(field, "number " + Long.toUnsignedString(value));
    }
    return (int) value;
  }

  /** Returns a 64-bit field that must not be negative as a signed number. */
  long nonNegativeLong(ManifestField field) throws ManifestFormatException {
    long value = unsignedLong(field);
    if (value < 0) {
      throw malformed(field, "number " + Long.toUnsignedString(value));
    }
    return value;
  }

  OptionalLong optionalUnsignedLong(ManifestField field) throws ManifestFormatException {
    JsonValue value = valueOrMissing(field);
    return value == null || value == Literal.NULL
        ? OptionalLong.empty()
        : OptionalLong.of(parseUnsignedLong(field, value));
  }

  OptionalDouble optionalDouble(ManifestField field) throws ManifestFormatException {
    JsonValue value = valueOrMissing(field);
    if (value == null || value == Literal.NULL) {
      return OptionalDouble.empty();
    }
    if (value instanceof NumberToken number) {
      double parsed = Double.parseDouble(number.characters());
      if (Double.isFinite(parsed)) {
        return OptionalDouble.of(parsed);
      }
    }
    throw malformed(field, JsonValue.describe(value));
  }

  /** Returns the producer; one that is no string is an unknown field, and kept as such. */
  @Nullable String producer() {
    return known.get(ManifestField.PRODUCER) instanceof Text text ? text.value() : null;
  }

  boolean accessed() {
    return known.get(ManifestField.ACCESSED) == Literal.TRUE;
  }

  Stamp accessedAt() {
    return new Stamp(
        unsignedOrZero(ManifestField.ACCESSED_UNIX_SECS, -1L),
        (int) unsignedOrZero(ManifestField.ACCESSED_NANOS, MAX_UNSIGNED_INT));
  }

  private long unsignedOrZero(ManifestField field, long most) {
    if (known.get(field) instanceof NumberToken number) {
      try {
        long value = Long.parseUnsignedLong(number.characters());
        return Long.compareUnsigned(value, most) > 0 ? 0 : value;
      } catch (NumberFormatException e) {
        return 0;
      }
    }
    return 0;
  }

  /**
   * Returns whether a field is the variant {@code yes}; otherwise it must be {@code no}. A variant
   * is its name, or an object with its name alone and null: the original's reader takes both.
   */
  boolean variant(ManifestField field, String yes, String no) throws ManifestFormatException {
    JsonValue value = valueOrMissing(field);
    String name = null;
    if (value instanceof Text text) {
      name = text.value();
    } else if (value instanceof JsonValue.ObjectValue object
        && object.members().size() == 1
        && object.members().get(0).value() == Literal.NULL) {
      name = object.members().get(0).name();
    }
    if (yes.equals(name)) {
      return true;
    }
    if (no.equals(name)) {
      return false;
    }
    throw malformed(field, value == null ? "nothing" : JsonValue.describe(value));
  }

  Digest256 digest(ManifestField field) throws ManifestFormatException {
    JsonValue value = valueOrMissing(field);
    if (value instanceof Text hex && Digest256.isHex(hex.value())) {
      return Digest256.fromHex(hex.value());
    }
    throw malformed(field, value == null ? "nothing" : JsonValue.describe(value));
  }

  private @Nullable JsonValue valueOrMissing(ManifestField field) throws ManifestFormatException {
    JsonValue value = known.get(field);
    if (value == null && field.required()) {
      throw malformed(field, "nothing");
    }
    return value;
  }

  /**
   * An integer is digits and nothing else: 1.0, 1e0 and -0 are other numbers to the other store.
   */
  private static long parseUnsignedLong(ManifestField field, JsonValue value)
      throws ManifestFormatException {
    if (!(value instanceof NumberToken number)) {
      throw malformed(field, JsonValue.describe(value));
    }
    try {
      return Long.parseUnsignedLong(number.characters());
    } catch (NumberFormatException e) {
      throw malformed(field, JsonValue.describe(value), e);
    }
  }

  private static ManifestFormatException malformed(ManifestField field, String actual) {
    return malformed(field, actual, null);
  }

  private static ManifestFormatException malformed(
      ManifestField field, String actual, @Nullable Throwable cause) {
    return new ManifestFormatException(
        "manifest field is malformed: field="
            + field.jsonName()
            + " expected="
            + field.expected()
            + " actual="
            + actual,
        cause);
  }
}
