package io.warmstart.stress.original;

import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/** A root of the port of the original store, and what the port removes from it. */
abstract class OriginalFixture {
  static final long MIB = 1L << 20;

  @TempDir Path root;
  final List<String> removals = new ArrayList<>();

  void noteRemoval(Path manifest, String reason) {
    removals.add(manifest.getFileName() + ": " + reason);
  }

  OriginalStore open(long sizeBudgetBytes) throws IOException {
    return OriginalStore.open(
        OriginalStore.Version.NEWER, root, sizeBudgetBytes, Duration.ofDays(30), this::noteRemoval);
  }

  static String saveBare(OriginalStore store, Fingerprint key, byte[] payload) throws IOException {
    return store.save(
        key, payload, OptionalDouble.empty(), OptionalLong.empty(), EntryKind.CHECKPOINT);
  }

  static Fingerprint key(String name) {
    return new Fingerprinter().absorbString("test", name).finish();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  List<String> names(Fingerprint key) throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(key.toHex()))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
