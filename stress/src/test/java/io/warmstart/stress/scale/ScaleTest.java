package io.warmstart.stress.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.stress.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The processes check what they find: each entry's bytes, and the index against the files. */
@Tag("slow")
@Tag("once")
@Timeout(300)
class ScaleTest {
  private static int run(StringWriter text, Path directory, String... sizes) {
    PrintWriter out = new PrintWriter(text, true);
    CommandLine line = Main.commandLine().setOut(out).setErr(out);
    String[] arguments = new String[sizes.length + 5];
    System.arraycopy(sizes, 0, arguments, 5, sizes.length);
    arguments[0] = "scale";
    arguments[1] = "--root";
    arguments[2] = directory.toString();
    arguments[3] = "--output";
    arguments[4] = directory.resolve("out").toString();
    return line.execute(arguments);
  }

  @Test
  void smallRootsAreAnsweredRightAndReported(@TempDir Path directory) throws IOException {
    StringWriter text = new StringWriter();

    int status =
        run(text, directory, "--entries=20,200", "--runs=40", "--processes=3", "--payload=20");

    assertEquals(0, status, text::toString);
    String page = Files.readString(directory.resolve("out/scale.md"));
    assertEquals(text.toString(), page);
    for (Aspect aspect : Aspect.values()) {
      assertTrue(page.contains("### " + aspect.title() + "\n"), page);
    }
    String plot = Files.readString(directory.resolve("out/scale-entries.svg"));
    assertTrue(plot.contains(">first save, root not counted</text>"), plot);
    assertTrue(Files.readString(directory.resolve("out/scale.json")).contains("\"RUNS\""));
  }

  /** What stands in the docs is what the report makes of its figures. */
  @Test
  void theDocsHaveWhatTheReportMakesOfItsFigures(@TempDir Path directory) throws IOException {
    Path published =
        Path.of(System.getProperty("warmstart.test.projectRoot"), "docs", "results", "scale");

    ScaleReport.read(published).write(directory);

    try (Stream<Path> files = Files.list(directory)) {
      List<Path> made = files.toList();
      assertEquals(2 + Aspect.values().length, made.size());
      for (Path file : made) {
        assertEquals(
            Files.readString(file), Files.readString(published.resolve(file.getFileName())));
      }
    }
  }

  @Test
  void aFigureIsReadAsItWasSaid() {
    Figure figure = new Figure(Aspect.RUNS, 400, "save, then lookup", 12.5, Figure.MICROSECONDS);

    assertTrue(Figure.isIn(figure.line()));
    assertEquals(figure, Figure.of(figure.line()));
  }
}
