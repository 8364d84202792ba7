package io.warmstart.format;

import io.warmstart.text.HexDigits;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Lays JSON out as serde_json's pretty printer does, so that a manifest looks the same whichever
 * store wrote it last: two spaces a level, one item a line, no final newline.
 */
final class JsonWriter {
  private final StringBuilder text = new StringBuilder(512);
  private int level;

  private JsonWriter() {}

  static byte[] toBytes(JsonValue value) {
    JsonWriter writer = new JsonWriter();
    writer.write(value);
    return writer.text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void write(JsonValue value) {
    if (value instanceof JsonValue.Text string) {
      writeString(string.value());
    } else if (value instanceof JsonValue.NumberToken number) {
      text.append(number.characters());
    } else if (value instanceof JsonValue.Literal literal) {
      text.append(literal.word);
    } else if (value instanceof JsonValue.ArrayValue array) {
      writeItems(array.items());
    } else if (value instanceof JsonValue.ObjectValue object) {
      writeMembers(object.members());
    }
  }

  private void writeItems(List<JsonValue> items) {
    open('[');
    for (int i = 0; i < items.size(); i++) {
      startLine(i);
      write(items.get(i));
    }
    close(']', items.isEmpty());
  }

  private void writeMembers(List<JsonValue.Member> members) {
    open('{');
    for (int i = 0; i < members.size(); i++) {
      startLine(i);
      writeString(members.get(i).name());
      text.append(": ");
      write(members.get(i).value());
    }
    close('}', members.isEmpty());
  }

  private void open(char bracket) {
    text.append(bracket);
    level++;
  }

  private void startLine(int index) {
    if (index > 0) {
      text.append(',');
    }
    newLine();
  }

  private void close(char bracket, boolean empty) {
    level--;
    if (!empty) {
      newLine();
    }
    text.append(bracket);
  }

  private void newLine() {
    text.append('\n').append("  ".repeat(level));
  }

  private void writeString(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ' || isUnpaired(value, i)) {
            text.append("\\u").append(HexDigits.ofInt(c), 4, 8);
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  /** Half a surrogate pair can come in as an escape; UTF-8 has no bytes for it but an escape. */
  private static boolean isUnpaired(String value, int index) {
    char c = value.charAt(index);
    if (Character.isHighSurrogate(c)) {
      return index + 1 == value.length() || !Character.isLowSurrogate(value.charAt(index + 1));
    }
    return Character.isLowSurrogate(c)
        && (index == 0 || !Character.isHighSurrogate(value.charAt(index - 1)));
  }
}
