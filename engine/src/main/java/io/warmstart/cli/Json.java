package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** The JSON form: one object on one line, ASCII whatever the locale. */
final class Json {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /** The fields of an object. */
  @FunctionalInterface
  interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  private Json() {}

  /** Renders an object, with its line end. */
  static String line(Fields fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(text)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
    return text.append('\n').toString();
  }

  static void objective(JsonGenerator json, OptionalDouble objective) throws IOException {
    json.writeFieldName("objective");
    if (objective.isPresent()) {
      json.writeNumber(objective.getAsDouble());
    } else {
      json.writeNull();
    }
  }

  static void iteration(JsonGenerator json, OptionalLong iteration) throws IOException {
    json.writeFieldName("iteration");
    if (iteration.isPresent()) {
      unsigned(json, iteration.getAsLong());
    } else {
      json.writeNull();
    }
  }

  /** A moment under three names: {@code p}, {@code p_unix_secs}, {@code p_nanos}. */
  static void moment(JsonGenerator json, String prefix, long unixSecs, int nanos)
      throws IOException {
    String text = Quantities.moment(unixSecs, nanos);
    if (text.startsWith("@")) {
      json.writeNullField(prefix);
    } else {
      json.writeStringField(prefix, text);
    }
    json.writeFieldName(prefix + "_unix_secs");
    unsigned(json, unixSecs);
    json.writeNumberField(prefix + "_nanos", nanos);
  }

  /** The same three names where there is no moment. */
  static void noMoment(JsonGenerator json, String prefix) throws IOException {
    json.writeNullField(prefix);
    json.writeNullField(prefix + "_unix_secs");
    json.writeNullField(prefix + "_nanos");
  }

  private static void unsigned(JsonGenerator json, long value) throws IOException {
    if (value >= 0) {
      json.writeNumber(value);
    } else {
      json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
    }
  }
}
