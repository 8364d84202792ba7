package io.warmstart.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** A valid manifest in raw JSON, one field of which a test changes, adds or leaves out. */
final class ManifestText {
  private final Map<String, String> fields = new LinkedHashMap<>();

  ManifestText() {
    fields.put("schema_version", "1");
    fields.put("producer", "\"test\"");
    fields.put("written_unix_secs", "1795188951");
    fields.put("written_nanos", "5");
    fields.put("objective", "1.5");
    fields.put("iteration", "7");
    fields.put("kind", "\"Checkpoint\"");
    fields.put("checksum_hex", "\"" + "0a".repeat(32) + "\"");
    fields.put("payload_bytes", "10");
    fields.put("accessed", "true");
    fields.put("accessed_unix_secs", "1795188952");
    fields.put("accessed_nanos", "6");
  }

  ManifestText with(String name, String rawValue) {
    fields.put(name, rawValue);
    return this;
  }

  ManifestText without(String name) {
    fields.remove(name);
    return this;
  }

  @Override
  public String toString() {
    return fields.entrySet().stream()
        .map(field -> "\"" + field.getKey() + "\":" + field.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  Manifest decode() throws ManifestFormatException {
    return decode(toString());
  }

  static Manifest decode(String text) throws ManifestFormatException {
    byte[] bytes = text.getBytes(UTF_8);
    return ManifestCodec.decode(bytes, bytes.length);
  }
}
