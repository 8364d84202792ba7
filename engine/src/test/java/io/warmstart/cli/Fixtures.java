package io.warmstart.cli;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The roots that the original store has written. */
final class Fixtures {
  private Fixtures() {}

  /** Copies one, to be worked on. */
  static void copy(String name, Path target) throws IOException {
    Path source;
    try {
      source = Path.of(Fixtures.class.getResource("/fixtures/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
    copyTree(source, target);
  }

  static void copyTree(Path source, Path target) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(source)) {
      files = walk.toList();
    }
    for (Path file : files) {
      Path copy = target.resolve(source.relativize(file).toString());
      if (!Files.isDirectory(copy)) {
        Files.copy(file, copy);
      }
    }
  }
}
