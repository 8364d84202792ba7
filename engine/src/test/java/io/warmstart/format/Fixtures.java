package io.warmstart.format;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Roots that the original store, or a later producer's format, has filled. */
final class Fixtures {
  private Fixtures() {}

  static Path path(String name) {
    URL url = Objects.requireNonNull(Fixtures.class.getResource("/fixtures/" + name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Every manifest below a root, in the order of paths. */
  static List<Path> manifests(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
  }

  static Manifest decode(Path file) throws IOException, ManifestFormatException {
    byte[] bytes = Files.readAllBytes(file);
    return ManifestCodec.decode(bytes, bytes.length);
  }

  static String runId(Path manifest) {
    String name = manifest.getFileName().toString();
    return name.substring(0, name.length() - DirectoryNames.MANIFEST_SUFFIX.length());
  }
}
