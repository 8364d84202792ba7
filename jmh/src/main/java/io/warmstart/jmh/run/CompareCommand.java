package io.warmstart.jmh.run;

import io.warmstart.jmh.report.Comparison;
import io.warmstart.jmh.report.ResultFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Compares two files of results. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description =
        "Prints what has changed: ratios with errors, and a verdict where intervals part.")
public final class CompareCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "BEFORE", description = "results.json of the earlier run")
  private Path before;

  @Parameters(index = "1", paramLabel = "AFTER", description = "results.json of the later run")
  private Path after;

  /** For the command line, which sets the parameters. */
  public CompareCommand() {}

  @Override
  public Integer call() throws Exception {
    System.out.print(new Comparison(ResultFile.read(before), ResultFile.read(after)).toMarkdown());
    return 0;
  }
}
