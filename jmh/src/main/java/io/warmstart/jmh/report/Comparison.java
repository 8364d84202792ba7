package io.warmstart.jmh.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What has changed from one run to another. */
public final class Comparison {

  /** What can be said of a change. */
  public enum Verdict {
    /** The intervals part, and the number has fallen. */
    LOWER,
    /** The intervals part, and the number has risen. */
    HIGHER,
    /** The intervals meet, or there are too few forks for any. */
    UNDECIDED
  }

  /**
   * One measurement that both have.
   *
   * @param name the measurement's
   * @param before its mean
   * @param after its mean
   * @param ratio after divided by before, of the geometric means
   * @param verdict by the intervals of before and after
   */
  public record Line(
      String name, Estimate before, Estimate after, Estimate ratio, Verdict verdict) {}

  private final List<Line> lines = new ArrayList<>();
  private final List<String> onlyBefore = new ArrayList<>();
  private final List<String> onlyAfter = new ArrayList<>();

  /** Compares what both have under the same name and in the same unit. */
  public Comparison(ResultFile before, ResultFile after) {
    Map<String, Measurement> byName = new HashMap<>();
    before.measurements().forEach(measurement -> byName.put(measurement.name(), measurement));
    for (Measurement later : after.measurements()) {
      Measurement earlier = byName.remove(later.name());
      if (earlier == null) {
        onlyAfter.add(later.name());
      } else {
        Line line = compare(earlier, later);
        if (line != null) {
          lines.add(line);
        }
      }
    }
    onlyBefore.addAll(byName.keySet().stream().sorted().toList());
  }

  private static @Nullable Line compare(Measurement before, Measurement after) {
    double[] earlier = before.values();
    double[] later = after.values();
    if (!allPositive(earlier) || !allPositive(later)) {
      // Nothing allocated, nothing collected: there is no ratio.
      return null;
    }
    Estimate from = Estimate.ofRatios(earlier);
    Estimate to = Estimate.ofRatios(later);
    Verdict verdict = Verdict.UNDECIDED;
    if (from.partsFrom(to)) {
      verdict = to.mean() < from.mean() ? Verdict.LOWER : Verdict.HIGHER;
    }
    return new Line(
        after.name(),
        Estimate.ofMean(earlier),
        Estimate.ofMean(later),
        Estimate.ofUnpairedRatio(later, earlier),
        verdict);
  }

  private static boolean allPositive(double[] values) {
    for (double value : values) {
      if (!(value > 0)) {
        return false;
      }
    }
    return values.length > 0;
  }

  /** What both have, in the order of the later file. */
  public List<Line> lines() {
    return lines;
  }

  /** The names of what only the earlier file has. */
  public List<String> onlyBefore() {
    return onlyBefore;
  }

  /** The names of what only the later file has. */
  public List<String> onlyAfter() {
    return onlyAfter;
  }

  /** A table for people. */
  public String toMarkdown() {
    StringBuilder page = new StringBuilder("| measurement | before | after | ratio | verdict |\n");
    page.append("| --- | ---: | ---: | ---: | --- |\n");
    for (Line line : lines) {
      page.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %s | %s | %s |%n",
              line.name(),
              Figures.withError(line.before()),
              Figures.withError(line.after()),
              Figures.ratio(line.ratio()),
              line.verdict() == Verdict.UNDECIDED
                  ? ""
                  : line.verdict().name().toLowerCase(Locale.ROOT)));
    }
    onlyBefore.forEach(name -> page.append("\nonly before: ").append(name));
    onlyAfter.forEach(name -> page.append("\nonly after: ").append(name));
    return page.append('\n').toString();
  }
}
