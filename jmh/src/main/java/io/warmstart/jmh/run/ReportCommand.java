package io.warmstart.jmh.run;

import io.warmstart.jmh.report.Report;
import io.warmstart.jmh.report.ResultFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the pages of a file of results once more. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = "Writes the tables beside a file of results, under its name.")
public final class ReportCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "RESULTS", description = "results.json of a run")
  private Path results;

  @Option(names = "--html", description = "writes a page with plots, too")
  private boolean html;

  /** For the command line, which sets the parameter. */
  public ReportCommand() {}

  @Override
  public Integer call() throws Exception {
    Report report = new Report(ResultFile.read(results));
    String name = results.getFileName().toString().replaceFirst("\\.json$", "");
    Files.writeString(results.resolveSibling(name + ".md"), report.toMarkdown());
    if (html) {
      Files.writeString(results.resolveSibling(name + ".html"), report.toHtml());
    }
    return 0;
  }
}
