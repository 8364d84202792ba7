package io.warmstart.format;

import io.warmstart.text.Excerpt;
import java.util.List;

/**
 * A JSON value as it was written. Numbers stay text: a field that this version does not know must
 * survive a rewrite with every digit, and no hostile exponent is ever expanded.
 */
sealed interface JsonValue {
  /** A string, unescaped. */
  record Text(String value) implements JsonValue {}

  /** A number, in the characters of its file. */
  record NumberToken(String characters) implements JsonValue {}

  /** The three words. */
  enum Literal implements JsonValue {
    TRUE("true"),
    FALSE("false"),
    NULL("null");

    final String word;

    Literal(String word) {
      this.word = word;
    }

    static Literal of(boolean value) {
      return value ? TRUE : FALSE;
    }
  }

  /** An array. */
  record ArrayValue(List<JsonValue> items) implements JsonValue {
    public ArrayValue {
      items = List.copyOf(items);
    }
  }

  /** An object, its members in the order of the file. */
  record ObjectValue(List<Member> members) implements JsonValue {
    public ObjectValue {
      members = List.copyOf(members);
    }
  }

  /** A name and its value within an object. */
  record Member(String name, JsonValue value) {}

  /** Says what {@code value} is, for an error message. */
  static String describe(JsonValue value) {
    if (value instanceof Text text) {
      return "string " + Excerpt.of(text.value());
    }
    if (value instanceof NumberToken number) {
      return "number " + Excerpt.of(number.characters());
    }
    if (value instanceof Literal literal) {
      return literal.word;
    }
    return value instanceof ArrayValue ? "an array" : "an object";
  }
}
