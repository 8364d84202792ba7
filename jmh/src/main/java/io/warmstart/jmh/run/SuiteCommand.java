package io.warmstart.jmh.run;

import io.warmstart.jmh.report.GitTree;
import io.warmstart.jmh.report.Report;
import io.warmstart.jmh.report.ResultFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

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

  @Option(names = "--only", description = "a regular expression for benchmarks and parameters")
  private @Nullable Pattern only;

  @Option(names = "--output", description = "the directory of the report")
  private Path output = Path.of("jmh", "target", "bench");

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
            .setInitialMax((long) plan.cells() * plan.rounds())
            .build()) {
      results =
          new Suite(
                  plan,
                  directory,
                  limit,
                  cell -> {
                    bar.step();
                    bar.setExtraMessage(cell);
                  })
              .run(tree);
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

  private Plan selected(Plan plan) {
    Pattern pattern = only;
    List<List<Cell>> groups =
        plan.groups().stream()
            .map(
                group ->
                    group.stream()
                        .filter(cell -> pattern == null || pattern.matcher(cell.describe()).find())
                        .toList())
            .filter(group -> !group.isEmpty())
            .toList();
    return new Plan(groups, rounds == null ? plan.rounds() : rounds);
  }
}
