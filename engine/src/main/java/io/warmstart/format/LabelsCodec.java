package io.warmstart.format;

import io.warmstart.format.JsonValue.Member;
import io.warmstart.format.JsonValue.NumberToken;
import io.warmstart.format.JsonValue.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Between the labels of a key and the bytes of their file, {@code .warmstart/labels/KEY}: a JSON
 * object with a version and an object of strings. Safe for all threads.
 */
public final class LabelsCodec {
  /** The longest file that is read. */
  public static final int MAX_BYTES = ManifestCodec.MAX_BYTES;

  /** So many labels a key may have. */
  public static final int MOST_LABELS = 32;

  /** The longest value, in characters. */
  public static final int MOST_CHARACTERS = 1024;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final String VERSION_FIELD = "schema_version";
  private static final String LABELS_FIELD = "labels";

  /** History: 1, the first. */
  private static final String SCHEMA_VERSION = "1";

  private LabelsCodec() {}

  /**
   * Checks a label.
   *
   * @throws IllegalArgumentException if it cannot be one
   */
  public static void requireValid(String name, String value) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "label's name is not usable: expected=" + NAME + " actual=\"" + name + "\"");
    }
    if (!isValue(value) || value.chars().anyMatch(LabelsCodec::separatesLines)) {
      throw new IllegalArgumentException(
          "label's value is not usable: expected=1 to "
              + MOST_CHARACTERS
              + " characters of one line label="
              + name);
    }
  }

  /** Those that are no control characters: a file that has one is read all the same. */
  private static boolean separatesLines(int character) {
    return character == '\u2028' || character == '\u2029';
  }

  private static boolean isValue(String value) {
    return !value.isEmpty()
        && value.length() <= MOST_CHARACTERS
        && value.chars().noneMatch(Character::isISOControl)
        && value.codePoints().noneMatch(c -> c >= 0xd800 && c <= 0xdfff);
  }

  /** The bytes of the file. */
  public static byte[] encode(SortedMap<String, String> labels) {
    List<Member> members = new ArrayList<>();
    labels.forEach((name, value) -> members.add(new Member(name, new Text(value))));
    return JsonWriter.toBytes(
        new JsonValue.ObjectValue(
            List.of(
                new Member(VERSION_FIELD, new NumberToken(SCHEMA_VERSION)),
                new Member(LABELS_FIELD, new JsonValue.ObjectValue(members)))));
  }

  /**
   * The labels that the bytes are.
   *
   * @return null if they are none, or of another version
   */
  public static @Nullable SortedMap<String, String> decode(byte[] bytes) {
    Map<String, JsonValue> fields = JsonReader.fieldsOrNull(bytes);
    if (fields == null
        || !(fields.get(VERSION_FIELD) instanceof NumberToken version)
        || !version.characters().equals(SCHEMA_VERSION)
        || !(fields.get(LABELS_FIELD) instanceof JsonValue.ObjectValue labels)
        || labels.members().size() > MOST_LABELS) {
      return null;
    }
    SortedMap<String, String> decoded = new TreeMap<>();
    for (Member each : labels.members()) {
      if (!(each.value() instanceof Text text)
          || !NAME.matcher(each.name()).matches()
          || !isValue(text.value())) {
        return null;
      }
      decoded.put(each.name(), text.value());
    }
    return decoded;
  }
}
