package io.warmstart.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the one JSON object that a manifest is, within limits, from bytes that nobody vouches for.
 */
final class JsonReader {
  static final int MAX_DEPTH = 16;
  static final int MAX_NAME_LENGTH = 1024;
  static final int MAX_STRING_LENGTH = 32 * 1024;
  static final int MAX_NUMBER_LENGTH = 1000;

  private static final int MAX_MESSAGE_LENGTH = 200;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Names come from strangers: interning and shared symbol tables would let them pile up.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME_LENGTH)
                  .maxStringLength(MAX_STRING_LENGTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .build())
          .build();

  private JsonReader() {}

  static JsonValue.ObjectValue readObject(byte[] bytes, int length) throws ManifestFormatException {
    CharBuffer text = decodeUtf8(bytes, length);
    try (JsonParser parser =
        FACTORY.createParser(
            text.array(), text.arrayOffset() + text.position(), text.remaining())) {
      JsonToken first = parser.nextToken();
      if (first != JsonToken.START_OBJECT) {
        throw new ManifestFormatException(
            "manifest is not a JSON object: expected=\"{\" actual="
                + (first == null ? "nothing" : Excerpt.of(parser.getText())));
      }
      JsonValue.ObjectValue object = readMembers(parser);
      if (parser.nextToken() != null) {
        throw new ManifestFormatException(
            "manifest has something after its end: expected=nothing actual="
                + Excerpt.of(parser.getText()));
      }
      return object;
    } catch (JsonProcessingException e) {
      throw new ManifestFormatException("manifest is not valid JSON: " + oneLine(e), e);
    } catch (IOException e) {
      throw new ManifestFormatException("manifest is not readable: " + e.getMessage(), e);
    }
  }

  /**
   * Decodes here and not in the parser, which would guess UTF-16 or UTF-32 from zero bytes, skip a
   * byte order mark and let some malformed sequences pass.
   */
  private static CharBuffer decodeUtf8(byte[] bytes, int length) throws ManifestFormatException {
    CharBuffer text;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes, 0, length));
    } catch (CharacterCodingException e) {
      throw new ManifestFormatException("manifest is not UTF-8: " + e.getMessage(), e);
    }
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
