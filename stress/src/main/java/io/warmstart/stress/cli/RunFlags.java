package io.warmstart.stress.cli;

import io.warmstart.model.Durability;
import io.warmstart.stress.frame.DurabilityNames;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.ScenarioRunner;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that every scenario takes. */
final class RunFlags {
  private static final Path DEFAULT_DIRECTORY =
      Path.of(System.getProperty("java.io.tmpdir"), "warmstart-stress");

  @Option(
      names = "--processes",
      paramLabel = "N",
      description = "Processes at work at once (default: as the scenario says).")
  @Nullable Integer processes;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "For how long (default: as the scenario says).")
  @Nullable Integer seconds;

  @Option(
      names = "--at-least",
      paramLabel = "N",
      description =
          "How much it must have done besides, of what the scenario counts, however long that"
              + " takes.")
  @Nullable Long atLeast;

  @Option(
      names = "--durability",
      paramLabel = "WHAT",
      description =
          "What the workers' stores make of their saves: in-files (default), power-safe or"
              + " process-safe. For scenarios that say that they take it.")
  @Nullable String durability;

  @Option(
      names = "--seed",
      paramLabel = "X",
      description = "Seed of every choice (default: another one each time; it is printed).")
  @Nullable Long seed;

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description =
          "Where roots and histories are made, on the file system to be tested (default: the"
              + " system's temporary directory). Kept if something is wrong. Given twice, where"
              + " the scenario takes that: another mount of the same file system.")
  @Nullable List<Path> directories;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "Write report.html and report.json there.")
  @Nullable Path report;

  ScenarioResult run(Scenario scenario, PrintWriter out) throws IOException, InterruptedException {
    if (atLeast != null && (atLeast < 1 || scenario.volumes().isEmpty())) {
      throw new IllegalArgumentException(
          scenario.volumes().isEmpty()
              ? "--at-least: " + scenario.name() + " counts nothing that it could be about"
              : "--at-least: expected=at least 1 actual=" + atLeast);
    }
    Durability wanted =
        durability == null ? Durability.IN_FILES : DurabilityNames.parse(durability);
    if (wanted != Durability.IN_FILES && !scenario.takesDurability()) {
      throw new IllegalArgumentException(
          "--durability: " + scenario.name() + " has a use for in-files alone");
    }
    List<Path> roots = directories == null ? List.of(DEFAULT_DIRECTORY) : directories;
    if (roots.size() > scenario.mostRoots()) {
      throw new IllegalArgumentException(
          "--root: %s expected=at most %d actual=%d"
              .formatted(scenario.name(), scenario.mostRoots(), roots.size()));
    }
    return ScenarioRunner.run(
        scenario,
        atLeastOne("--processes", processes, scenario.defaultProcesses()),
        atLeastOne("--seconds", seconds, scenario.defaultSeconds()),
        atLeast == null ? 0 : atLeast,
        wanted,
        seed == null ? new SplittableRandom().nextLong() : seed,
        roots,
        out);
  }

  private static int atLeastOne(String option, @Nullable Integer given, int otherwise) {
    int value = given == null ? otherwise : given;
    if (value < 1) {
      throw new IllegalArgumentException(
          "%s: expected=at least 1 actual=%d".formatted(option, value));
    }
    return value;
  }
}
