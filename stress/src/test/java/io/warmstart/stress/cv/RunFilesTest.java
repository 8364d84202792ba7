package io.warmstart.stress.cv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFilesTest {
  @TempDir Path directory;

  @Test
  void filesAreNamedAfterTheRootAndStandBesideIt() {
    RunFiles files = RunFiles.beside(Path.of("target/cv-store"));

    assertEquals(Path.of("target/cv-store.results.json"), files.results());
    assertEquals(Path.of("target/cv-store.plot.svg"), files.plot());
  }

  @Test
  void rootWithoutANameIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> RunFiles.beside(Path.of("/")));
  }

  @Test
  void fileIsReplacedAndNothingElseIsLeft() throws IOException {
    Path file = directory.resolve("store.plot.svg");
    RunFiles.write(file, new byte[] {1, 2, 3});

    RunFiles.write(file, new byte[] {4});

    assertEquals(4, Files.readAllBytes(file)[0]);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(file), left.toList());
    }
  }
}
