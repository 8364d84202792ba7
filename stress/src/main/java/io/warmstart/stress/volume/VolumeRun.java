package io.warmstart.stress.volume;

import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.ScenarioRunner;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.frame.Verdict;
import io.warmstart.stress.mount.Disks;
import io.warmstart.stress.mount.Disks.Disk;
import io.warmstart.stress.report.Host;
import io.warmstart.stress.report.SourceTree;
import io.warmstart.stress.volume.VolumeResults.Done;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Runs the rows of a plan in turn, each on a file system of its own, and writes what came of it
 * before the next. What the same commit has done on this machine is not done again, well or badly;
 * what was skipped is tried once more.
 */
final class VolumeRun {
  private final List<VolumeRow> plan;
  private final String commit;
  private final String command;
  private final Function<String, Scenario> scenarios;
  private final Path results;
  private final Path directory;
  private final LongSupplier seeds;
  private final PrintWriter out;
  private final Map<VolumeRow, Done> done = new HashMap<>();

  /**
   * A run.
   *
   * @param commit the program's
   * @param command what it was started by
   * @param scenarios by name
   * @param results where the document and the page are
   * @param directory where disks and roots are made
   * @param seeds of the rows
   */
  VolumeRun(
      List<VolumeRow> plan,
      String commit,
      String command,
      Function<String, Scenario> scenarios,
      Path results,
      Path directory,
      LongSupplier seeds,
      PrintWriter out) {
    this.plan = plan;
    this.commit = commit;
    this.command = command;
    this.scenarios = scenarios;
    this.results = results;
    this.directory = directory;
    this.seeds = seeds;
    this.out = out;
  }

  VolumeResults run() throws IOException, InterruptedException {
    Host host = Host.ofThisMachine();
    VolumeResults.read(results)
        .filter(before -> isOurs(before, host))
        .ifPresent(
            before ->
                before.rows().stream()
                    .filter(row -> row.verdict() != Verdict.SKIPPED)
                    .forEach(row -> done.put(row.row(), row)));
    int number = 0;
    for (VolumeRow row : plan) {
      number++;
      out.printf("row %d of %d: %s%n", number, plan.size(), row.title());
      if (done.containsKey(row)) {
        out.println("  was run before, by this commit");
      } else {
        done.put(row, one(row));
        soFar().write(results);
      }
      out.flush();
    }
    VolumeResults all = soFar();
    all.write(results);
    return all;
  }

  /** Sources that differ from a commit may be others by now. */
  private boolean isOurs(VolumeResults before, Host host) {
    return before.commit().equals(commit)
        && !commit.equals(VolumeResults.UNKNOWN_COMMIT)
        && !commit.endsWith(SourceTree.WITH_CHANGES)
        && before.host().isSameMachine(host);
  }

  private VolumeResults soFar() throws IOException {
    List<Done> rows = plan.stream().map(done::get).filter(Objects::nonNull).toList();
    return new VolumeResults(commit, command, Host.ofThisMachine(), rows);
  }

  private Done one(VolumeRow row) throws IOException, InterruptedException {
    String started = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    String load = Host.load();
    Files.createDirectories(directory);
    Path own = Files.createTempDirectory(directory, "volume-");
    Scenario scenario = scenarios.apply(row.scenario());
    try (Disks disks = Disks.make(own, List.of(row.fileSystem()))) {
      Disk disk = disks.all().get(0);
      String facts = disk.facts();
      ScenarioResult result = run(row, scenario, disk.data());
      if (result.verdict() == Verdict.FAILED) {
        disks.keep();
      }
      return new Done(row, started, facts, load, result);
    } catch (SkippedException e) {
      return new Done(row, started, "none", load, run(row, without(scenario, e), own));
    } finally {
      try (Stream<Path> left = Files.list(own)) {
        if (left.findAny().isEmpty()) {
          Files.delete(own);
        }
      }
    }
  }

  private ScenarioResult run(VolumeRow row, Scenario scenario, Path parent)
      throws IOException, InterruptedException {
    return ScenarioRunner.run(
        scenario,
        row.processes(),
        row.seconds(),
        row.atLeast(),
        row.durability(),
        seeds.getAsLong(),
        List.of(parent),
        out);
  }

  /** The scenario where its file system cannot be made. */
  private static Scenario without(Scenario scenario, SkippedException reason) {
    return new Scenario() {
      @Override
      public String name() {
        return scenario.name();
      }

      @Override
      public String summary() {
        return scenario.summary();
      }

      @Override
      public void run(Run run) {
        throw reason;
      }
    };
  }
}
