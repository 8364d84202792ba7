package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the README prints for others to type. */
final class Readme {
  static final Path PROJECT = Path.of(System.getProperty("warmstart.test.projectRoot"));

  private Readme() {}

  /** The first block of a language behind a heading. */
  static String block(String heading, String language) throws IOException {
    String readme = text();
    String section = readme.substring(readme.indexOf("\n## " + heading + "\n"));
    Matcher block =
        Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(section);
    assertTrue(block.find(), "no block of " + language + " behind " + heading);
    return block.group(1);
  }

  /** The one text between backticks that a pattern fits, wherever it stands. */
  static String quoted(String pattern) throws IOException {
    List<String> found =
        Pattern.compile("`(" + pattern + ")`")
            .matcher(text())
            .results()
            .map(each -> each.group(1))
            .distinct()
            .toList();
    assertEquals(1, found.size(), () -> pattern + ": " + found);
    return found.get(0);
  }

  private static String text() throws IOException {
    return Files.readString(PROJECT.resolve("README.md"));
  }
}
