package io.warmstart.jmh.run;

import io.warmstart.jmh.report.GitTree;
import io.warmstart.jmh.report.Report;
import io.warmstart.jmh.report.ResultFile;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.mount.Disks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures a plan and writes the report. */
@Command(
    name = "suite",
    mixinStandardHelpOptions = true,
    description = "Measures this engine beside its peers and writes JSON, Markdown and HTML.")
public final class SuiteCommand implements Callable<Integer> {
  private static final int REFUSED = 2;

  @Option(names = "--full", description = "everything, in hours, instead of what matters")
  private boolean full;

  @Option(names = "--dirty", arity = "0..1", description = "measure although files are uncommitted")
  private boolean dirty;

  @Option(names = "--minutes", description = "no further round begins that would end later")
  private int minutes = 13;

  @Option(names = "--rounds", description = "at most so many forks of each benchmark")
  private @Nullable Integer rounds;

  @Option(names = "--seconds", description = "how long each iteration measures")
  private @Nullable Integer seconds;

  @Option(names = "--only", description = "a regular expression for benchmarks and parameters")
  private @Nullable Pattern only;

  @Option(
      names = "--file-systems",
      split = ",",
      description =
          "measures on each: here (that of the output), memory, or ext4, xfs and others made by"
              + " mkfs in a loop mount, which needs root")
  private List<String> fileSystems = List.of(Disks.HERE);

  @Option(names = "--output", description = "the directory of the report")
  private Path output = Path.of("jmh", "target", "bench");

  @Spec private CommandSpec spec;

  /** For the command line, which sets the options. */
  public SuiteCommand() {}

  @Override
  public Integer call() throws Exception {
    GitTree tree = GitTree.of(Path.of("").toAbsolutePath());
    if (tree.dirty() && !dirty) {
      System.err.println(
          "The working tree has uncommitted changes, so no commit would name what was measured."
              + " Commit them, or measure anyway with -Dbench.dirty (--dirty).");
      return REFUSED;
    }
    Plan plan = selected(full ? Plan.hours() : Plan.minutes());
    if (plan.groups().isEmpty()) {
      System.err.println("No benchmark matches: only=" + only);
      return REFUSED;
    }
    Duration limit = full ? Duration.ofDays(1) : Duration.ofMinutes(minutes);
    Path directory = output.toAbsolutePath();
    ResultFile results;
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(full ? "bench-full" : "bench")
            .setInitialMax((long) plan.cells() * plan.rounds() * fileSystems.size())
            .build()) {
      results =
          new Suite(
                  plan,
                  directory,
                  fileSystems,
                  limit,
                  cell -> {
                    bar.step();
                    bar.setExtraMessage(cell);
                  })
              .run(tree, command());
    } catch (SkippedException e) {
      System.err.println("This host lacks what --file-systems asks for: " + e.getMessage());
      return REFUSED;
    }
    Files.createDirectories(directory);
    results.write(directory.resolve("results.json"));
    Report report = new Report(results);
    Files.writeString(directory.resolve("results.md"), report.toMarkdown());
    Files.writeString(directory.resolve("results.html"), report.toHtml());
    System.out.println(report.toMarkdown());
    System.out.println("Written to " + directory + ": results.json, results.md, results.html");
    return 0;
  }

  private String command() {
    return "java -jar jmh/target/warmstart-jmh.jar suite "
        + spec.commandLine().getParseResult().originalArgs().stream()
            .map(each -> each.matches("[\\w./,=-]+") ? each : "'" + each + "'")
            .collect(Collectors.joining(" "));
  }

  private Plan selected(Plan plan) {
    Pattern pattern = only;
    List<List<Cell>> groups =
        plan.groups().stream()
            .map(
                group ->
                    group.stream()
                        .filter(cell -> pattern == null || pattern.matcher(cell.describe()).find())
                        .map(cell -> seconds == null ? cell : cell.measuring(seconds))
                        .toList())
            .filter(group -> !group.isEmpty())
            .toList();
    return new Plan(groups, rounds == null ? plan.rounds() : rounds);
  }
}
