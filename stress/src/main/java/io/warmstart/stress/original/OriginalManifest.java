package io.warmstart.stress.original;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import io.warmstart.model.EntryKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The nine fields of the original's manifests; what else a manifest holds it drops on a rewrite.
 */
record OriginalManifest(
    long schemaVersion,
    long writtenUnixSecs,
    int writtenNanos,
    OptionalDouble objective,
    OptionalLong iteration,
    EntryKind kind,
    String checksumHex,
    long payloadBytes,
    boolean accessed) {

  static final long SCHEMA_VERSION = 1;

  private static final double TIE = 1e-12;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final JsonFactory JSON = new JsonFactory();
  private static final DefaultPrettyPrinter LAYOUT = layout();

  private static DefaultPrettyPrinter layout() {
    DefaultPrettyPrinter layout =
        new DefaultPrettyPrinter(
            Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER));
    layout.indentObjectsWith(new DefaultIndenter("  ", "\n"));
    return layout;
  }

  long writtenNanosSinceEpoch() {
    return writtenUnixSecs * NANOS_PER_SECOND + writtenNanos;
  }

  /** A lookup's rewrite: marked, and with its written stamp moved to the moment of the lookup. */
  OriginalManifest touchedAt(long nanosSinceEpoch) {
    return with(nanosSinceEpoch, true);
  }

  OriginalManifest writtenAt(long nanosSinceEpoch) {
    return with(nanosSinceEpoch, accessed);
  }

  private OriginalManifest with(long nanosSinceEpoch, boolean nowAccessed) {
    return new OriginalManifest(
        schemaVersion,
        nanosSinceEpoch / NANOS_PER_SECOND,
        (int) (nanosSinceEpoch % NANOS_PER_SECOND),
        objective,
        iteration,
        kind,
        checksumHex,
        payloadBytes,
        nowAccessed);
  }

  /** Whether it beats another by objective, a tie going to a final result and then to the later. */
  boolean isBetterThan(OriginalManifest other) {
    if (objective.isPresent() != other.objective.isPresent()) {
      return objective.isPresent();
    }
    if (objective.isEmpty()) {
      return isNewerThan(other);
    }
    double difference = objective.getAsDouble() - other.objective.getAsDouble();
    if (Math.abs(difference) >= TIE) {
      return difference < 0;
    }
    return kind == other.kind ? isNewerThan(other) : kind == EntryKind.FINAL;
  }

  /** Whether it was written later, a tie going to a final result. */
  boolean isNewerThan(OriginalManifest other) {
    int order = Long.compare(writtenNanosSinceEpoch(), other.writtenNanosSinceEpoch());
    return order == 0 ? kind == EntryKind.FINAL && other.kind != EntryKind.FINAL : order > 0;
  }

  /** The file's bytes; version 0.3.122 has no {@code accessed}. */
  byte[] toJson(OriginalStore.Version version) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.setPrettyPrinter(LAYOUT.createInstance());
      json.writeStartObject();
      json.writeNumberField("schema_version", schemaVersion);
      json.writeNumberField("written_unix_secs", writtenUnixSecs);
      json.writeNumberField("written_nanos", writtenNanos);
      json.writeFieldName("objective");
      if (objective.isPresent()) {
        json.writeNumber(objective.getAsDouble());
      } else {
        json.writeNull();
      }
      json.writeFieldName("iteration");
      if (iteration.isPresent()) {
        json.writeNumber(Long.toUnsignedString(iteration.getAsLong()));
      } else {
        json.writeNull();
      }
      json.writeStringField("kind", kind == EntryKind.FINAL ? "Final" : "Checkpoint");
      json.writeStringField("checksum_hex", checksumHex);
      json.writeNumberField("payload_bytes", payloadBytes);
      if (version == OriginalStore.Version.NEWER) {
        json.writeBooleanField("accessed", accessed);
      }
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  /**
   * Reads a manifest, passing over fields that it has no name for.
   *
   * @throws IOException if it is no JSON object, or lacks a required field
   */
  static OriginalManifest ofJson(byte[] bytes) throws IOException {
    Draft draft = new Draft();
    try (JsonParser json = JSON.createParser(bytes)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("manifest is not an object: actual=" + json.currentToken());
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        draft.take(field, json);
      }
    }
    return draft.finish();
  }

  /** A manifest whose fields come one by one. */
  private static final class Draft {
    private long schemaVersion = -1;
    private long writtenUnixSecs = -1;
    private int writtenNanos;
    private OptionalDouble objective = OptionalDouble.empty();
    private OptionalLong iteration = OptionalLong.empty();
    private String kind = "";
    private String checksumHex = "";
    private long payloadBytes = -1;
    private boolean accessed;

    void take(String field, JsonParser json) throws IOException {
      boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
      switch (field) {
        case "schema_version" -> schemaVersion = json.getLongValue();
        case "written_unix_secs" -> writtenUnixSecs = json.getLongValue();
        case "written_nanos" -> writtenNanos = json.getIntValue();
        case "objective" -> {
          if (!absent) {
            objective = OptionalDouble.of(json.getDoubleValue());
          }
        }
        case "iteration" -> {
          if (!absent) {
            iteration = OptionalLong.of(unsigned(json.getText()));
          }
        }
        case "kind" -> kind = json.getText();
        case "checksum_hex" -> checksumHex = json.getText();
        case "payload_bytes" -> payloadBytes = json.getLongValue();
        case "accessed" -> accessed = json.getBooleanValue();
        default -> json.skipChildren();
      }
    }

    private static long unsigned(String digits) throws IOException {
      try {
        return Long.parseUnsignedLong(digits);
      } catch (NumberFormatException e) {
        throw new IOException("iteration: expected=an integer in 0..2^64-1 actual=" + digits, e);
      }
    }

    OriginalManifest finish() throws IOException {
      boolean finalResult = kind.equals("Final");
      if (schemaVersion < 0
          || writtenUnixSecs < 0
          || payloadBytes < 0
          || checksumHex.isEmpty()
          || (!finalResult && !kind.equals("Checkpoint"))) {
        throw new IOException("manifest lacks a required field");
      }
      return new OriginalManifest(
          schemaVersion,
          writtenUnixSecs,
          writtenNanos,
          objective,
          iteration,
          finalResult ? EntryKind.FINAL : EntryKind.CHECKPOINT,
          checksumHex,
          payloadBytes,
          accessed);
    }
  }
}
