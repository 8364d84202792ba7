package io.warmstart.stress.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By two files among the resources, and by those in the docs: as the program has written them. */
class VolumePageTest {
  @TempDir Path directory;

  @Test
  void pageAndDocumentAreMadeOfTheDocumentAlone() throws IOException {
    check(Path.of("src", "test", "resources", "volumes"));
  }

  @Test
  void theDocsHaveWhatIsMadeOfTheirDocument() throws IOException {
    check(Path.of(System.getProperty("warmstart.test.projectRoot"), "docs", "results", "volumes"));
  }

  private void check(Path expected) throws IOException {
    VolumeResults.read(expected).orElseThrow().write(directory);

    for (String name : new String[] {VolumeResults.DOCUMENT, VolumeResults.PAGE}) {
      assertEquals(
          Files.readString(expected.resolve(name)), Files.readString(directory.resolve(name)));
    }
  }
}
