package io.warmstart.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.warmstart.text.Excerpt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the one JSON value that a manifest is, within limits, from bytes that nobody vouches for.
 * Names that stand twice are all kept: which of them may is the fields' matter.
 */
final class JsonReader {
  static final int MAX_DEPTH = 16;

  private static final int MAX_MESSAGE_LENGTH = 200;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          // Names come from strangers: interning and shared symbol tables would let them pile up.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          // A thread of the application's would keep the buffers, and with them the class loader of
          // a library that is gone. What is read here hardly needs any.
          .disable(JsonFactory.Feature.USE_THREAD_LOCAL_FOR_BUFFER_RECYCLING)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  // The original store limits none of them; the file's length does.
                  .maxNameLength(ManifestCodec.MAX_BYTES)
                  .maxStringLength(ManifestCodec.MAX_BYTES)
                  .maxNumberLength(ManifestCodec.MAX_BYTES)
                  .build())
          .build();

  private JsonReader() {}

  /**
   * Returns the members of the object that the bytes are, by their names; of those of one name the
   * last. Null if they are none.
   */
  static @Nullable Map<String, JsonValue> fieldsOrNull(byte[] bytes) {
    try {
      if (!(read(bytes, bytes.length) instanceof JsonValue.ObjectValue object)) {
        return null;
      }
      Map<String, JsonValue> fields = new TreeMap<>();
      object.members().forEach(each -> fields.put(each.name(), each.value()));
      return fields;
    } catch (ManifestFormatException e) {
      return null;
    }
  }

  /** Returns the object or the array that the bytes are. */
  static JsonValue read(byte[] bytes, int length) throws ManifestFormatException {
    CharBuffer text = decodeUtf8(bytes, length);
    try (JsonParser parser =
        FACTORY.createParser(
            text.array(), text.arrayOffset() + text.position(), text.remaining())) {
      JsonToken first = parser.nextToken();
      if (first != JsonToken.START_OBJECT && first != JsonToken.START_ARRAY) {
        throw new ManifestFormatException(
            "manifest is not a JSON object: expected=\"{\" actual="
                + (first == null ? "nothing" : Excerpt.of(parser.getText())));
      }
      JsonValue value = readValue(parser, first);
      if (parser.nextToken() != null) {
        throw new ManifestFormatException(
            "manifest has something after its end: expected=nothing actual="
                + Excerpt.of(parser.getText()));
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new ManifestFormatException("manifest is not valid JSON: " + oneLine(e), e);
    } catch (IOException e) {
      throw new ManifestFormatException("manifest is not readable: " + e.getMessage(), e);
    }
  }

  /**
   * Decodes here and not in the parser, which would guess UTF-16 or UTF-32 from zero bytes and skip
   * a byte order mark.
   *
   * <p>Bytes that are not UTF-8 become the replacement character. The original store passes over
   * them in the values that it does not read, and such an entry is whole; in a field that both read
   * the replacement makes the value a wrong one.
   */
  private static CharBuffer decodeUtf8(byte[] bytes, int length) throws ManifestFormatException {
    CharBuffer text = StandardCharsets.UTF_8.decode(ByteBuffer.wrap(bytes, 0, length));
    if (text.hasRemaining() && text.charAt(0) == '\ufeff') {
      throw new ManifestFormatException(
          "manifest is not a JSON object: expected=\"{\" actual=a byte order mark");
    }
    return text;
  }

  /** Recursion is bounded by {@link #MAX_DEPTH}: the parser refuses what is deeper. */
  private static JsonValue readValue(JsonParser parser, JsonToken token) throws IOException {
    return switch (token) {
      case START_OBJECT -> readMembers(parser);
      case START_ARRAY -> readItems(parser);
      case VALUE_STRING -> new JsonValue.Text(parser.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new JsonValue.NumberToken(parser.getText());
      case VALUE_TRUE -> JsonValue.Literal.TRUE;
      case VALUE_FALSE -> JsonValue.Literal.FALSE;
      case VALUE_NULL -> JsonValue.Literal.NULL;
      default -> throw new IllegalStateException("no value starts with " + token);
    };
  }

  private static JsonValue.ObjectValue readMembers(JsonParser parser) throws IOException {
    List<JsonValue.Member> members = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      members.add(new JsonValue.Member(name, readValue(parser, parser.nextToken())));
    }
    return new JsonValue.ObjectValue(members);
  }

  private static JsonValue.ArrayValue readItems(JsonParser parser) throws IOException {
    List<JsonValue> items = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      items.add(readValue(parser, token));
    }
    return new JsonValue.ArrayValue(items);
  }

  /** The parser's message quotes the input, which may hold anything. */
  private static String oneLine(JsonProcessingException e) {
    StringBuilder line = new StringBuilder();
    String message = e.getOriginalMessage();
    for (int i = 0; i < Math.min(message.length(), MAX_MESSAGE_LENGTH); i++) {
      char c = message.charAt(i);
      line.append(c >= ' ' && c <= '~' ? c : '?');
    }
    if (e.getLocation() != null) {
      line.append(" at line ").append(e.getLocation().getLineNr());
      line.append(" column ").append(e.getLocation().getColumnNr());
    }
    return line.toString();
  }
}
