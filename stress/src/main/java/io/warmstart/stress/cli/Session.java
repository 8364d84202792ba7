package io.warmstart.stress.cli;

import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.Verdict;
import io.warmstart.stress.report.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Scenarios run in turn, their report, and the exit status that follows. */
final class Session {
  private final RunFlags flags;
  private final PrintWriter out;

  Session(RunFlags flags, PrintWriter out) {
    this.flags = flags;
    this.out = out;
  }

  int run(List<Scenario> scenarios) throws IOException, InterruptedException {
    List<ScenarioResult> results = new ArrayList<>();
    for (Scenario scenario : scenarios) {
      results.add(flags.run(scenario, out));
      Path directory = flags.report;
      if (directory != null) {
        // After each, so that a run that is cut short has left what it knew.
        Report.write(directory, results);
        out.println("report " + directory.resolve(Report.PAGE));
      }
    }
    if (results.size() > 1) {
      for (Verdict verdict : Verdict.values()) {
        out.printf(
            "%s %d%n",
            verdict.name().toLowerCase(Locale.ROOT),
            results.stream().filter(result -> result.verdict() == verdict).count());
      }
      out.flush();
    }
    return Verdict.exitStatus(results.stream().map(ScenarioResult::verdict).toList());
  }
}
