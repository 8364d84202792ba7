package io.warmstart.jmh.workload;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;

/**
 * Writes entries into a root as files, without syncs and without any store: the way to a root of
 * 100,000 entries that does not take longer than what is measured on it.
 */
public final class PairFiles {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String RUN_ID = "run";
  private static final int NANOS_PER_SECOND = 1_000_000_000;
  private static final int LEAST_NANOS = NANOS_PER_SECOND / 10;

  private final Path root;
  private final byte[] payload;
  private final String checksumHex;

  /** Pairs of a root, all with the same payload. */
  public PairFiles(Path root, int payloadBytes) {
    this.root = root;
    this.payload = new Payload(payloadBytes).of(0).clone();
    try {
      this.checksumHex =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(payload));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Writes the entries of the keys from {@code first} on, all of them with one stamp. */
  public void write(long first, int count, Instant written) throws IOException {
    byte[] manifest = manifest(written);
    for (long i = first; i < first + count; i++) {
      Path directory = Files.createDirectory(root.resolve(Key.of(i).hex()));
      Files.write(directory.resolve(RUN_ID + ".bin"), payload);
      Files.write(directory.resolve(RUN_ID + ".json"), manifest);
    }
  }

  /** The payload of all, not a copy. */
  public byte[] payload() {
    return payload;
  }

  /** What one entry takes. */
  public long bytesOfOne() throws IOException {
    return (long) payload.length + manifest(Instant.now()).length;
  }

  /** As long as any other: of 1,000 that were a byte shorter, three more fit into a budget. */
  private byte[] manifest(Instant written) throws IOException {
    int nineDigits = LEAST_NANOS + written.getNano() % (NANOS_PER_SECOND - LEAST_NANOS);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.setPrettyPrinter(new DefaultPrettyPrinter());
      json.writeStartObject();
      json.writeNumberField("schema_version", 1);
      json.writeStringField("producer", "benchmark");
      json.writeNumberField("written_unix_secs", written.getEpochSecond());
      json.writeNumberField("written_nanos", nineDigits);
      json.writeNumberField("objective", 1.0);
      json.writeNumberField("iteration", 1);
      json.writeStringField("kind", "Checkpoint");
      json.writeStringField("checksum_hex", checksumHex);
      json.writeNumberField("payload_bytes", payload.length);
      json.writeBooleanField("accessed", false);
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }
}
