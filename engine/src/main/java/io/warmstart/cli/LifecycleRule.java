package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.model.S3Address;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * A lifecycle configuration as {@code aws s3api put-bucket-lifecycle-configuration} takes it. A
 * server may take a payload days before its manifest: readers take that for a miss.
 */
final class LifecycleRule {
  private LifecycleRule() {}

  /**
   * The rule of a remote.
   *
   * @param days null if nothing is to expire
   * @throws IllegalArgumentException if it is no remote of S3
   */
  static String of(URI remote, @Nullable Integer days) {
    if (!S3Address.SCHEME.equals(remote.getScheme())) {
      throw new IllegalArgumentException("lifecycle: expected=s3://BUCKET/PREFIX actual=" + remote);
    }
    String prefix = S3Address.of(remote).prefix();
    return Json.line(json -> write(json, prefix, days));
  }

  private static void write(JsonGenerator json, String prefix, @Nullable Integer days)
      throws IOException {
    json.writeArrayFieldStart("Rules");
    json.writeStartObject();
    json.writeStringField("ID", "warmstart " + prefix);
    json.writeStringField("Status", "Enabled");
    json.writeObjectFieldStart("Filter");
    json.writeStringField("Prefix", prefix);
    json.writeEndObject();
    if (days != null) {
      json.writeObjectFieldStart("Expiration");
      json.writeNumberField("Days", days);
      json.writeEndObject();
    }
    // We make none; what other programs copy there may leave some, which cost until they are ended.
    json.writeObjectFieldStart("AbortIncompleteMultipartUpload");
    json.writeNumberField("DaysAfterInitiation", 1);
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
  }
}
