package io.warmstart.jmh.run;

import io.warmstart.jmh.observation.ObservationsProfiler;
import io.warmstart.jmh.peer.FilledStore;
import io.warmstart.jmh.peer.ForkFlags;
import io.warmstart.jmh.report.Environment;
import io.warmstart.jmh.report.GitTree;
import io.warmstart.jmh.report.ResultFile;
import io.warmstart.jmh.workload.BenchmarkRoot;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs a plan in rounds. Each round gives each cell one fork, the cells of a group one right after
 * the other in an order of its own, so that a slow hour of the machine hits all that are compared.
 */
final class Suite {
  private final Plan plan;
  private final Path directory;
  private final Duration limit;
  private final Consumer<String> progress;

  /**
   * A run.
   *
   * @param directory for the log and for the stores' data, which are removed
   * @param limit no round begins that would, going by the last one, end after this
   * @param progress told of each cell before it runs
   */
  Suite(Plan plan, Path directory, Duration limit, Consumer<String> progress) {
    this.plan = plan;
    this.directory = directory;
    this.limit = limit;
    this.progress = progress;
  }

  ResultFile run(GitTree tree) throws IOException, RunnerException {
    Files.createDirectories(directory);
    Path data = Files.createTempDirectory(directory, "data-");
    Map<String, String> environment = Environment.describe(directory, tree);
    Harvest harvest = new Harvest();
    long start = System.nanoTime();
    int rounds = 0;
    try (PrintStream log =
        new PrintStream(
            Files.newOutputStream(directory.resolve("jmh.log")), true, StandardCharsets.UTF_8)) {
      OutputFormat format = OutputFormatFactory.createFormatInstance(log, VerboseMode.NORMAL);
      long lastRound = 0;
      while (rounds < plan.rounds()
          && (rounds == 0 || System.nanoTime() - start + lastRound < limit.toNanos())) {
        long roundStart = System.nanoTime();
        for (List<Cell> group : plan.groups()) {
          runGroup(group, rounds, data, format, harvest);
        }
        lastRound = System.nanoTime() - roundStart;
        rounds++;
      }
    } finally {
      BenchmarkRoot.delete(data);
    }
    environment.put("load after", Environment.load());
    environment.put("forks of each", String.valueOf(rounds));
    environment.put(
        "took", Duration.ofNanos(System.nanoTime() - start).toSeconds() + " s without the build");
    return new ResultFile(environment, harvest.measurements());
  }

  private void runGroup(
      List<Cell> group, int round, Path data, OutputFormat format, Harvest harvest)
      throws IOException, RunnerException {
    List<Cell> order = new ArrayList<>(group);
    Collections.shuffle(order, new Random(round));
    for (Cell cell : order) {
      progress.accept(cell.describe());
      for (RunResult result : new Runner(options(cell, data).build(), format).run()) {
        harvest.add(result, plan.position(cell));
      }
    }
  }

  private static ChainedOptionsBuilder options(Cell cell, Path data) throws IOException {
    List<String> flags = new ArrayList<>(ForkFlags.of(cell.peer()));
    flags.add("-D" + BenchmarkRoot.DIRECTORY_PROPERTY + "=" + data);
    flags.add("-D" + FilledStore.PREPARED_PROPERTY + "=" + data.resolve("prepared"));
    Cell.Effort effort = cell.effort();
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + Pattern.quote(cell.benchmark()) + "$")
            .forks(1)
            .threads(cell.threads())
            .warmupIterations(effort.warmups())
            .warmupTime(TimeValue.milliseconds(effort.millis()))
            .measurementIterations(effort.iterations())
            .measurementTime(TimeValue.milliseconds(effort.millis()))
            .jvmArgsPrepend(flags.toArray(String[]::new))
            .addProfiler(GCProfiler.class)
            .addProfiler(ObservationsProfiler.class)
            .shouldFailOnError(true);
    cell.params().forEach(options::param);
    return options;
  }
}
