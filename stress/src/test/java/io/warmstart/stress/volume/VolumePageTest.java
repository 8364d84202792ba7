package io.warmstart.stress.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By the two files among the resources, which are as the program has written them. */
class VolumePageTest {
  private static final Path EXPECTED = Path.of("src", "test", "resources", "volumes");

  @TempDir Path directory;

  @Test
  void pageAndDocumentAreMadeOfTheDocumentAlone() throws IOException {
    VolumeResults.read(EXPECTED).orElseThrow().write(directory);

    for (String name : new String[] {VolumeResults.DOCUMENT, VolumeResults.PAGE}) {
      assertEquals(
          Files.readString(EXPECTED.resolve(name)), Files.readString(directory.resolve(name)));
    }
  }
}
