package io.warmstart.stress.volume;

import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.Verdict;
import io.warmstart.stress.report.Host;
import io.warmstart.stress.report.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What has been run so far, and by what.
 *
 * @param commit the program's, or that it is unknown
 * @param command what it was started by
 * @param host the machine
 * @param rows in the order of the plan
 */
public record VolumeResults(String commit, String command, Host host, List<Done> rows) {
  static final String DOCUMENT = "volumes.json";
  static final String PAGE = "volumes.md";
  static final String UNKNOWN_COMMIT = "unknown";

  /** Keeps its own copy. */
  public VolumeResults {
    rows = List.copyOf(rows);
  }

  /**
   * A row that was run.
   *
   * @param row of the plan
   * @param started when, in UTC
   * @param fileSystem what a sync costs there, in one line
   * @param loadBefore the machine's load averages right before
   * @param result what came of it
   */
  public record Done(
      VolumeRow row, String started, String fileSystem, String loadBefore, ScenarioResult result) {
    Verdict verdict() {
      return result.verdict();
    }
  }

  /** What a directory holds, if anything. */
  static Optional<VolumeResults> read(Path directory) throws IOException {
    Path file = directory.resolve(DOCUMENT);
    return Files.exists(file)
        ? Optional.of(Report.MAPPER.readValue(Files.readAllBytes(file), VolumeResults.class))
        : Optional.empty();
  }

  /** Writes the document, and the page that is made of it, in place of what is there. */
  void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    replace(directory.resolve(DOCUMENT), Report.MAPPER.writeValueAsBytes(this));
    replace(
        directory.resolve(PAGE), new VolumePage(this).markdown().getBytes(StandardCharsets.UTF_8));
  }

  /** At once: who is cut off here leaves the one or the other. */
  private static void replace(Path file, byte[] bytes) throws IOException {
    Path staged = file.resolveSibling(file.getFileName() + ".new");
    Files.write(staged, bytes);
    Files.move(staged, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Says how many rows came to what, and all that is wrong.
   *
   * @return the exit status
   */
  int tell(PrintWriter out) {
    for (Done each : rows) {
      if (each.verdict() == Verdict.FAILED) {
        out.println("FAILED " + each.row().title());
        each.result().problems().forEach(problem -> out.println("  " + problem));
        out.println("  replay " + each.result().replay());
      }
    }
    out.println("rows: " + verdicts());
    out.flush();
    return Verdict.exitStatus(rows.stream().map(Done::verdict).toList());
  }

  String verdicts() {
    return Arrays.stream(Verdict.values())
        .map(each -> count(each) + " " + each.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }

  private long count(Verdict verdict) {
    return rows.stream().filter(row -> row.verdict() == verdict).count();
  }
}
