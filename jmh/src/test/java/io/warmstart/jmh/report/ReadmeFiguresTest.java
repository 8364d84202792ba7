package io.warmstart.jmh.report;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The README's figures are those of the published results: this prints the table that it has to
 * have.
 */
class ReadmeFiguresTest {
  private static final Path ROOT =
      Path.of(System.getProperty("warmstart.test.projectRoot")).toAbsolutePath();

  private static final List<String> STORES =
      List.of("LMDB", "RocksDB", "Chronicle Map", "the original");

  /**
   * A line of the table.
   *
   * @param section its heading in the page
   * @param column of the page's table
   * @param names what the page calls the stores
   */
  private record Line(
      String says, String page, String section, String column, Map<String, String> names) {}

  private static final String SAVED_BEFORE = ", by a process that has saved before, ";

  private static final Map<String, String> POWER_SAFE =
      Map.of("LMDB", "LMDB", "RocksDB", "RocksDB, logs recycled", "the original", "original");

  private static final Map<String, String> PROCESS_SAFE =
      Map.of(
          "LMDB",
          "LMDB unsynced",
          "RocksDB",
          "RocksDB unsynced",
          "Chronicle Map",
          "Chronicle Map unsynced");

  private static final List<Line> LINES =
      List.of(
          powerSafe("median", "4 KiB"),
          powerSafe("99th percentile", "4 KiB"),
          powerSafe("median", "1 MiB"),
          new Line(
              "overwrite that survives its process, 4 KiB, median",
              "process-safe-overwrites",
              "Overwrite that survives the processes" + SAVED_BEFORE + "median",
              "4 KiB",
              PROCESS_SAFE),
          new Line(
              "lookup that hits, 10,000 keys",
              "lookups",
              "Lookup that hits",
              "256 B, 10,000 keys, zipf",
              Map.of("LMDB", "LMDB", "Chronicle Map", "Chronicle Map")));

  private static Line powerSafe(String what, String size) {
    return new Line(
        "overwrite that survives a power cut, " + size + ", ext4, " + what,
        "power-safe-overwrites",
        "Overwrite that survives a power cut" + SAVED_BEFORE + what,
        size + ", ext4",
        POWER_SAFE);
  }

  @Test
  void theTableIsThatOfTheResults() throws IOException {
    StringBuilder table = new StringBuilder("| | " + String.join(" | ", STORES) + " |\n");
    table.append("| --- |" + " ---: |".repeat(STORES.size()) + "\n");
    for (Line line : LINES) {
      Map<String, String> ratios = ratios(line);
      table.append("| [" + line.says + "](docs/results/" + line.page + ".md) |");
      for (String store : STORES) {
        String name = line.names.get(store);
        table.append(" " + (name == null ? "–" : ratios.get(name)) + " |");
      }
      table.append("\n");
    }
    String readme = Files.readString(ROOT.resolve("README.md"));
    assertTrue(readme.contains(table), "the README lacks this table:\n" + table);
  }

  /** The ratios to this engine by the stores' names: what stands in brackets. */
  private static Map<String, String> ratios(Line line) throws IOException {
    List<String> page = Files.readAllLines(ROOT.resolve("docs/results/" + line.page + ".md"));
    int heading = page.indexOf("### " + line.section);
    assertTrue(heading >= 0, line.section);
    List<List<String>> rows =
        page.subList(heading + 1, page.size()).stream()
            .dropWhile(each -> !each.startsWith("|"))
            .takeWhile(each -> each.startsWith("|"))
            .map(each -> Arrays.stream(each.split("\\|", -1)).map(String::strip).toList())
            .toList();
    int column = rows.get(0).indexOf(line.column);
    assertTrue(column > 0, line.column);
    Map<String, String> ratios = new LinkedHashMap<>();
    for (List<String> row : rows) {
      String cell = row.get(column);
      if (cell.contains("[")) {
        ratios.put(row.get(1), cell.replaceFirst(".*\\[", "").replaceFirst("]", ""));
      }
    }
    assertTrue(ratios.keySet().containsAll(line.names.values()), ratios::toString);
    return ratios;
  }
}
