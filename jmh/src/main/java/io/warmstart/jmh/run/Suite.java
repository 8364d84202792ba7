package io.warmstart.jmh.run;

import io.warmstart.jmh.observation.ObservationsProfiler;
import io.warmstart.jmh.peer.FilledStore;
import io.warmstart.jmh.peer.ForkFlags;
import io.warmstart.jmh.report.Environment;
import io.warmstart.jmh.report.GitTree;
import io.warmstart.jmh.report.Measurement;
import io.warmstart.jmh.report.ResultFile;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.stress.mount.Disks;
import io.warmstart.stress.mount.Disks.Disk;
import io.warmstart.stress.report.Host;
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
  private final List<String> fileSystems;
  private final Duration limit;
  private final Consumer<String> progress;

  /**
   * A run.
   *
   * @param directory for the log and for the stores' data, which are removed
   * @param fileSystems names of what {@link Disks} makes; with more than one each measurement has
   *     its file system's name among its parameters
   * @param limit no round begins that would, going by the last one, end after this
   * @param progress told of each cell before it runs
   */
  Suite(
      Plan plan,
      Path directory,
      List<String> fileSystems,
      Duration limit,
      Consumer<String> progress) {
    this.plan = plan;
    this.directory = directory;
    this.fileSystems = fileSystems;
    this.limit = limit;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @param command what the header says it was started by
   */
  ResultFile run(GitTree tree, String command)
      throws IOException, RunnerException, InterruptedException {
    Files.createDirectories(directory);
    Map<String, String> environment = Environment.describe(tree);
    environment.put("command", command);
    Harvest harvest = new Harvest();
    long start = System.nanoTime();
    int rounds = 0;
    try (Disks disks = Disks.make(directory, fileSystems);
        PrintStream log =
            new PrintStream(
                Files.newOutputStream(directory.resolve("jmh.log")),
                true,
                StandardCharsets.UTF_8)) {
      for (Disk disk : disks.all()) {
        environment.put("file system " + disk.name(), disk.facts());
      }
      environment.put("load before", Host.load());
      OutputFormat format = OutputFormatFactory.createFormatInstance(log, VerboseMode.NORMAL);
      long lastRound = 0;
      while (rounds < plan.rounds()
          && (rounds == 0 || System.nanoTime() - start + lastRound < limit.toNanos())) {
        long roundStart = System.nanoTime();
        for (List<Cell> group : plan.groups()) {
          runGroup(group, rounds, disks.all(), format, harvest);
        }
        lastRound = System.nanoTime() - roundStart;
        rounds++;
      }
    }
    environment.put("load after", Host.load());
    environment.put("forks of each", String.valueOf(rounds));
    environment.put(
        "took", Duration.ofNanos(System.nanoTime() - start).toSeconds() + " s without the build");
    return new ResultFile(environment, harvest.measurements());
  }

  private void runGroup(
      List<Cell> group, int round, List<Disk> disks, OutputFormat format, Harvest harvest)
      throws IOException, RunnerException {
    List<Turn> order = new ArrayList<>();
    for (Cell cell : group) {
      disks.forEach(disk -> order.add(new Turn(cell, disk)));
    }
    Collections.shuffle(order, new Random(round));
    for (Turn turn : order) {
      progress.accept(turn.cell().describe() + " on " + turn.disk().name());
      Map<String, String> more =
          disks.size() == 1 ? Map.of() : Map.of(Measurement.FILE_SYSTEM, turn.disk().name());
      for (RunResult result :
          new Runner(options(turn.cell(), turn.disk().data()).build(), format).run()) {
        harvest.add(
            result, plan.position(turn.cell()) * disks.size() + disks.indexOf(turn.disk()), more);
      }
    }
  }

  /** A cell on one of the file systems. */
  private record Turn(Cell cell, Disk disk) {}

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
