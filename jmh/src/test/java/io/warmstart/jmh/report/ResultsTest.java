package io.warmstart.jmh.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The docs once had figures that nothing could make again. */
class ResultsTest {
  private static final Path RESULTS =
      Path.of(System.getProperty("warmstart.test.projectRoot"), "docs", "results");

  @Test
  void everyTableInTheDocsIsWhatTheReportMakesOfItsResults() throws IOException {
    List<Path> pages = files(".md");
    assertFalse(pages.isEmpty());
    for (Path page : pages) {
      Path results =
          page.resolveSibling(page.getFileName().toString().replaceFirst("\\.md$", ".json"));

      ResultFile read = ResultFile.read(results);

      assertEquals(new Report(read).toMarkdown(), Files.readString(page), page::toString);
      assertTrue(read.environment().containsKey("command"), page::toString);
    }
  }

  private static List<Path> files(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(RESULTS)) {
      return files.filter(file -> file.toString().endsWith(suffix)).toList();
    }
  }
}
