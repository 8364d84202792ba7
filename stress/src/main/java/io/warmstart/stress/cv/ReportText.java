package io.warmstart.stress.cv;

import io.warmstart.model.EvictionReport;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.cv.plot.TextPlot;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The report as a person reads it. */
final class ReportText {
  private final PrintWriter out;

  ReportText(PrintWriter out) {
    this.out = out;
  }

  void print(CvReport report) {
    table(report);
    iterations(report);
    latency("saves", report, report.saves(), "");
    latency("lookups", report, report.lookups(), format(", %,d hits", report.lookupHits()));
    store(report);
    deaths(report);
    bests(report.bests());
    if (report.kills() > 0 && report.comparison() == null) {
      line("agreement   no results of an undisturbed run to compare with: run again with --fresh");
    }
    comparison(report.reference(), report.comparison());
    line("");
    TextPlot.lines(report.table().curve()).forEach(out::println);
    line("");
  }

  private void table(CvReport report) {
    CvTable table = report.table();
    line("");
    line("      penalty  accuracy  std. error  log loss  nonzeros  iterations");
    for (int k = 0; k < table.rows().size(); k++) {
      CvTable.Row row = table.rows().get(k);
      String mark = k == table.chosen() ? "  <- chosen" : k == table.best() ? "  <- best" : "";
      line(
          "  %11.4e  %7.2f%%  %9.2f%%  %8.4f  %8d  %10d%s",
          row.penalty(),
          100 * row.accuracy(),
          100 * row.standardError(),
          row.logLoss(),
          row.nonzeros(),
          row.iterations(),
          mark);
    }
    line(
        "  %s; chosen: the largest penalty within one standard error of the best accuracy;",
        report.spec().line());
    line("  nonzeros: of the fit to all rows; iterations: of all its fits, whichever run did them");
    line("");
  }

  private void iterations(CvReport report) {
    CvReport.Fits fits = report.fits();
    line("run         %.1f s with %d workers", report.seconds(), report.workers());
    line(
        "fits        %,d: %,d found finished, %,d resumed, %,d seeded from a neighbour, %,d cold",
        report.spec().fits(), fits.finishedBefore(), fits.resumed(), fits.seeded(), fits.cold());
    if (fits.elsewhere() > 0) {
      line("claims      %,d of them another job was at when they came up", fits.elsewhere());
    }
    CvReport.Iterations iterations = report.iterations();
    long all = iterations.done() + iterations.saved() - iterations.lost();
    line(
        "iterations  %,d done, %,d saved (found in the store: %.0f%% of all), %,d lost with workers"
            + " that died",
        iterations.done(),
        iterations.saved(),
        all == 0 ? 0.0 : 100.0 * iterations.saved() / all,
        iterations.lost());
  }

  private void latency(String name, CvReport report, CvReport.Latency latency, String more) {
    line(
        "%-10s  %,d%s; median %,.0f us, p99 %,.0f us, max %,.0f us; %.1f%% of the workers' time",
        name,
        latency.count(),
        more,
        latency.p50Micros(),
        latency.p99Micros(),
        latency.maxMicros(),
        100 * latency.totalSeconds() / (report.workers() * report.seconds()));
  }

  private void store(CvReport report) {
    line(
        "store       %s: %,d keys, %,d entries, %,d of %,d bytes, %,d in quarantine",
        report.root(),
        report.store().keys(),
        report.store().entries(),
        report.store().bytes(),
        report.store().sizeBudgetBytes(),
        report.store().quarantineBytes());
    EvictionReport sweep = report.sweep();
    if (sweep != null) {
      line(
          "sweep       %,d staged files of dead workers removed, %,d cut-off saves completed,"
              + " %,d evicted, %,d expired, %,d quarantined, %,d failures",
          sweep.leftoversRemoved(),
          sweep.rolledForward(),
          sweep.evicted(),
          sweep.expired(),
          sweep.quarantined(),
          sweep.failures());
    }
    VerifyReport verification = report.verification();
    if (verification != null) {
      line(
          "verify      %s: %,d entries, %,d bytes read and hashed",
          verification.clean() ? "nothing wrong" : "PROBLEMS",
          verification.entries(),
          verification.bytes());
      for (VerifyReport.Problem problem : verification.problems()) {
        line("  %s: %s: %s", problem.kind(), problem.path(), problem.detail());
      }
    }
  }

  private void deaths(CvReport report) {
    if (report.killsAsked() > 0 && report.kills() < report.killsAsked()) {
      line(
          "kills       %d of %d: nothing was left to compute; --fresh starts from nothing",
          report.kills(), report.killsAsked());
    }
    if (report.deaths().isEmpty() && report.idleDeaths() == 0) {
      return;
    }
    line(
        "deaths      %d workers, %d of them by SIGKILL from here, %d while they held no fit",
        report.deaths().size() + report.idleDeaths(), report.kills(), report.idleDeaths());
    for (Death death : report.deaths()) {
      line(
          "  worker %d, %s: reached iteration %d, acknowledged %d, resumed at %d: lost %d"
              + " iterations, %d ms after the last acknowledgement%s",
          death.worker(),
          death.task(),
          death.reached(),
          death.saved(),
          death.resumedFrom(),
          death.lostIterations(),
          death.unsavedMillis(),
          death.keptAcknowledged() ? "" : "  ACKNOWLEDGED WORK LOST");
    }
  }

  private void bests(CvReport.Bests bests) {
    if (bests.compared() == 0) {
      return;
    }
    line(
        "best        %,d states saved that were worse than one before; best state looked for %,d"
            + " times, lost %,d times",
        bests.worseSaved(), bests.compared(), bests.lost().size());
    for (BestLedger.Lost lost : bests.lost()) {
      line("  %s: saved %s, found %s: BEST LOST", lost.task(), lost.acknowledged(), lost.found());
    }
  }

  private void comparison(@Nullable String reference, CvResults.@Nullable Comparison comparison) {
    if (comparison == null || reference == null) {
      return;
    }
    if (comparison.agrees()) {
      line(
          "agreement   all %,d fits equal those of %s to the last bit, same penalty chosen",
          comparison.fits(), reference);
    } else {
      line(
          "agreement   DIFFERS from %s: %,d of %,d fits equal to the last bit, %s penalty chosen;"
              + " first to differ: %s",
          reference,
          comparison.agreeing(),
          comparison.fits(),
          comparison.samePenalty() ? "same" : "another",
          String.join(", ", comparison.differing()));
    }
  }

  private void line(String pattern, Object... arguments) {
    out.println(format(pattern, arguments));
  }

  private static String format(String pattern, Object... arguments) {
    return String.format(Locale.ROOT, pattern, arguments);
  }
}
