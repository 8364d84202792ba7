package io.warmstart.stress.frame;

import io.warmstart.model.Durability;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Runs one scenario from its seed to its verdict. */
public final class ScenarioRunner {
  private ScenarioRunner() {}

  /**
   * Runs a scenario in a directory of its own, which stays if something is wrong.
   *
   * @param atLeast how much of the scenario's volumes it must have done besides; 0 = no more than
   *     it asks for itself
   * @param durability what the stores of its workers make of their saves
   * @param parents where that directory is made: the same on a shared file system, as each of its
   *     mounts shows it
   */
  public static ScenarioResult run(
      Scenario scenario,
      int processes,
      int seconds,
      long atLeast,
      Durability durability,
      long seed,
      List<Path> parents,
      PrintWriter out)
      throws IOException, InterruptedException {
    List<Path> paths = new ArrayList<>();
    for (Path parent : parents) {
      Files.createDirectories(parent);
      paths.add(
          paths.isEmpty()
              ? Files.createTempDirectory(parent, scenario.name() + "-").toRealPath()
              : shown(parent, paths.get(0)));
    }
    Path directory = paths.get(0);
    String replay =
        "java -jar stress/target/warmstart-stress.jar %s --processes %d --seconds %d%s%s --seed %d"
            .formatted(
                scenario.name(),
                processes,
                seconds,
                atLeast > 0 ? " --at-least " + atLeast : "",
                said(durability),
                seed);
    if (parents.size() > 1) {
      replay += parents.stream().map(parent -> " --root " + parent).collect(Collectors.joining());
    }
    out.printf(
        "%s: %d processes, %d s,%s --seed %d%n",
        scenario.name(), processes, seconds, said(durability), seed);
    out.flush();
    Run run =
        new Run(
            new RunOptions(
                processes, seconds, atLeast, durability, seed, directory, List.copyOf(paths)),
            out);
    if (atLeast > 0) {
      scenario.volumes().forEach(volume -> run.atLeast(volume, atLeast));
    }
    boolean skipped = false;
    try {
      scenario.run(run);
    } catch (SkippedException e) {
      run.skip(scenario.name(), String.valueOf(e.getMessage()));
      skipped = true;
    } catch (IOException | RuntimeException e) {
      // A defect of the harness or of the store: both are failures, and the trace tells which.
      e.printStackTrace(out);
      run.problem("the scenario itself failed: " + e);
    }
    ScenarioResult result = run.result(scenario.name(), replay, skipped);
    print(result, run.problems(), out);
    if (result.verdict() == Verdict.FAILED) {
      out.println("  kept " + directory);
    } else {
      Trees.remove(directory);
    }
    out.flush();
    return result;
  }

  /** As on the command line; nothing for what is so anyway. */
  private static String said(Durability durability) {
    return durability == Durability.IN_FILES
        ? ""
        : " --durability " + DurabilityNames.of(durability);
  }

  /** The directory as another mount shows it. */
  private static Path shown(Path parent, Path directory) throws IOException {
    Path path = parent.toRealPath().resolve(directory.getFileName());
    if (!Files.isDirectory(path)) {
      throw new IllegalArgumentException(
          "--root: not another mount of the first: expected=" + path + " actual=nothing there");
    }
    return path;
  }

  private static void print(ScenarioResult result, List<String> said, PrintWriter out) {
    result.counts().forEach((what, count) -> out.printf("  %-40s %,15d%n", what, count));
    result
        .latencies()
        .forEach(
            (operation, latency) ->
                out.printf(
                    Locale.ROOT,
                    "  latency of %-29s p50 %.0f us, p99 %.0f us, p99.9 %.0f us, max %.0f us%n",
                    operation,
                    latency.at(50.0),
                    latency.at(99.0),
                    latency.at(99.9),
                    latency.maxMicros()));
    if (result.trials() > 0) {
      out.printf(
          Locale.ROOT,
          "  lost %d of %,d; 95 %% bound %.2g%n",
          result.losses(),
          result.trials(),
          result.lossBound95());
    }
    result.problems().stream()
        .filter(problem -> !said.contains(problem))
        .forEach(problem -> out.println("  wrong: " + problem));
    out.printf(
        Locale.ROOT,
        "%s: %s in %.1f s%n",
        result.scenario(),
        result.verdict().name().toLowerCase(Locale.ROOT),
        result.elapsedSeconds());
    if (result.verdict() == Verdict.FAILED) {
      out.println("  replay " + result.replay());
    }
  }
}
