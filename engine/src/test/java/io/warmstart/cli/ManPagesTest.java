package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The release makes manual pages: of all commands, with all that the help says. */
class ManPagesTest {
  @TempDir Path directory;

  @Test
  void eachCommandHasAPageWithItsOptionsAndExamples() throws Exception {
    ManPages.write(directory, "1.2.3");

    TreeSet<String> expected =
        Main.commandNames().stream()
            .map(name -> "warmstart-" + name + ".adoc")
            .collect(Collectors.toCollection(TreeSet::new));
    expected.add("warmstart.adoc");
    try (Stream<Path> written = Files.list(directory)) {
      assertEquals(
          List.copyOf(expected),
          written.map(file -> file.getFileName().toString()).sorted().toList());
    }
    String page = Files.readString(directory.resolve("warmstart-lookup.adoc"));
    for (String part :
        List.of(
            ":revnumber: warmstart 1.2.3",
            "warmstart-lookup - Finds the entry to start from.",
            "*--ranking*=_RANKING_::",
            "== Exit Status",
            "== Examples",
            "\n  warmstart lookup /tmp/fits text:digits --run-id my-run\n")) {
      assertTrue(page.contains(part), () -> part + "\n" + page);
    }
  }
}
