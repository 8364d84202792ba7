package io.warmstart.stress.scale;

import io.warmstart.Entry;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Stamp;
import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** Entries that are known by their numbers: what each must hold is computed again. */
final class ScaledRoot {
  private static final int PAYLOAD_BYTES = 256;

  private ScaledRoot() {}

  static Fingerprint key(long number) {
    return new Fingerprinter().absorbLong("scale", number).finish();
  }

  static String run(long number) {
    return "run-" + number;
  }

  /** The later the better. */
  static double objective(long run) {
    return 1.0 / (run + 1);
  }

  static byte[] payload(long key, long run) {
    byte[] payload = new byte[PAYLOAD_BYTES];
    new SplittableRandom(key * 1_000_003 + run).nextBytes(payload);
    return payload;
  }

  /** Fails unless it is that run of that key, with its bytes. */
  static void check(Entry entry, long key, long run) {
    byte[] actual = new byte[PAYLOAD_BYTES];
    if (entry.payloadLength() == PAYLOAD_BYTES) {
      entry.payload().getBytes(0, actual);
    }
    if (!entry.runId().equals(run(run))
        || entry.iteration().orElse(-1) != run
        || !Arrays.equals(actual, payload(key, run))) {
      throw new IllegalStateException(
          "wrong entry: key=" + key + " expected=" + run(run) + " actual=" + entry.runId());
    }
  }

  /** Writes pairs as files, without syncs: no store is as fast. */
  static void write(Path root, long keys, int runs) throws IOException {
    Instant now = Instant.now();
    for (long key = 0; key < keys; key++) {
      Path directory = Files.createDirectories(root.resolve(key(key).toHex()));
      for (int run = 0; run < runs; run++) {
        byte[] payload = payload(key, run);
        Files.write(directory.resolve(run(run) + ".bin"), payload);
        Files.write(directory.resolve(run(run) + ".json"), manifest(payload, run, now));
      }
    }
  }

  private static byte[] manifest(byte[] payload, int run, Instant written) {
    try {
      String checksum =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(payload));
      return ManifestCodec.encode(
          Manifest.ofNewEntry(
              "scale",
              new Stamp(written.getEpochSecond(), run),
              OptionalDouble.of(objective(run)),
              OptionalLong.of(run),
              false,
              Digest256.fromHex(checksum),
              payload.length));
    } catch (ManifestFormatException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a manifest of ours", e);
    }
  }
}
