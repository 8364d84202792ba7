package io.warmstart.format;

import io.warmstart.format.JsonValue.Literal;
import io.warmstart.format.JsonValue.NumberToken;
import io.warmstart.format.JsonValue.Text;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The fields that stood in a manifest's file, and what each must be to be taken. */
final class ManifestFields {
  private static final long MAX_UNSIGNED_INT = 0xffff_ffffL;

  private final Map<ManifestField, JsonValue> known = new EnumMap<>(ManifestField.class);
  private final UnknownFields unknown;

  ManifestFields(JsonValue.ObjectValue object) {
    List<JsonValue.Member> others = new ArrayList<>();
    for (JsonValue.Member member : object.members()) {
      ManifestField field = ManifestField.ofJsonName(member.name());
      if (field == null) {
        others.add(member);
      } else {
        known.put(field, member.value());
      }
    }
    unknown = UnknownFields.of(others);
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

  /** Returns a boolean field, false if it is missing and may be. */
  boolean bool(ManifestField field) throws ManifestFormatException {
    JsonValue value = valueOrMissing(field);
    if (value == null || value == Literal.FALSE) {
      return false;
    }
    if (value == Literal.TRUE) {
      return true;
    }
    throw malformed(field, JsonValue.describe(value));
  }

  @Nullable String optionalString(ManifestField field) throws ManifestFormatException {
    JsonValue value = valueOrMissing(field);
    if (value == null || value == Literal.NULL) {
      return null;
    }
    if (value instanceof Text text && Manifest.isEncodable(text.value())) {
      return text.value();
    }
    throw malformed(field, JsonValue.describe(value));
  }

  /** Returns whether a string field is {@code yes}; otherwise it must be {@code no}. */
  boolean eitherString(ManifestField field, String yes, String no) throws ManifestFormatException {
    String text = optionalString(field);
    if (yes.equals(text)) {
      return true;
    }
    if (no.equals(text)) {
      return false;
    }
    throw malformed(field, text == null ? "null" : "string " + Excerpt.of(text));
  }

  Digest256 digest(ManifestField field) throws ManifestFormatException {
    String hex = optionalString(field);
    if (hex == null || !Digest256.isHex(hex)) {
      throw malformed(field, hex == null ? "null" : "string " + Excerpt.of(hex));
    }
    return Digest256.fromHex(hex);
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
