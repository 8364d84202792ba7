package io.warmstart.jmh.run;

import io.warmstart.jmh.report.Comparison;
import io.warmstart.jmh.report.RatioComparison;
import io.warmstart.jmh.report.ResultFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares two files of results. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = {
      "Prints what has changed beside the peers and the floor of the same run, with a verdict where"
          + " intervals part.",
      "Exit status: 0 nothing became slower by that, 1 something did, 2 wrong use."
    })
public final class CompareCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "BEFORE", description = "results.json of the earlier run")
  private Path before;

  @Parameters(index = "1", paramLabel = "AFTER", description = "results.json of the later run")
  private Path after;

  @Option(
      names = "--times",
      description = "The times themselves instead, for two runs of one machine and one hour.")
  private boolean times;

  /** For the command line, which sets the parameters. */
  public CompareCommand() {}

  @Override
  public Integer call() throws Exception {
    ResultFile earlier = ResultFile.read(before);
    ResultFile later = ResultFile.read(after);
    if (times) {
      System.out.print(new Comparison(earlier, later).toMarkdown());
      return 0;
    }
    RatioComparison comparison = new RatioComparison(earlier, later);
    System.out.print(comparison.toMarkdown());
    if (comparison.lines().isEmpty()) {
      System.err.println("nothing to compare: the two have no ratio in common");
      return 2;
    }
    return comparison.anySlower() ? 1 : 0;
  }
}
