package io.warmstart.jmh.report;

import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.report.Table.Field;
import io.warmstart.jmh.report.Table.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What has changed beside the others that were measured in the same run. Two runs are of two hours,
 * and often of two machines, so their times say little about each other. But what a run measures of
 * this engine, of a peer and of the floor it measures fork by fork next to each other: how many
 * times as long as this engine a peer takes is compared with what it was.
 */
public final class RatioComparison {
  /** What can be said of a change. */
  public enum Verdict {
    /** The intervals part: beside that peer this engine takes longer than before. */
    SLOWER,
    /** The intervals part, and it takes less. */
    FASTER,
    /** The intervals meet, or there are too few forks for any. */
    UNDECIDED
  }

  /**
   * One field that the tables of both have.
   *
   * @param name table, row and column
   * @param before how many times as long as this engine the row took
   * @param after the same later
   */
  public record Line(String name, Estimate before, Estimate after) {
    /** By the intervals. */
    public Verdict verdict() {
      if (!before.partsFrom(after)) {
        return Verdict.UNDECIDED;
      }
      return after.mean() < before.mean() ? Verdict.SLOWER : Verdict.FASTER;
    }
  }

  private final List<Line> lines = new ArrayList<>();

  /** Compares the fields of the report's tables that have a ratio in both. */
  public RatioComparison(ResultFile before, ResultFile after) {
    for (Section section : Sections.all()) {
      Fields earlier = section.fill(before.measurements());
      Fields later = section.fill(after.measurements());
      for (String row : later.rows()) {
        if (row.startsWith(PeerKind.WARMSTART.label())) {
          // This engine in another way: no measure of itself.
          continue;
        }
        for (String column : later.columns()) {
          Field from = earlier.get(row, column);
          Field to = later.get(row, column);
          Estimate ratioBefore = from == null ? null : from.ratio();
          Estimate ratioAfter = to == null ? null : to.ratio();
          if (ratioBefore != null && ratioAfter != null) {
            lines.add(
                new Line(
                    section.table().title() + ": " + row + ", " + column, ratioBefore, ratioAfter));
          }
        }
      }
    }
  }

  /** What both have, in the order of the report. */
  public List<Line> lines() {
    return lines;
  }

  /** Whether this engine takes longer than before, beside any. */
  public boolean anySlower() {
    return lines.stream().anyMatch(line -> line.verdict() == Verdict.SLOWER);
  }

  /** A table for people. */
  public String toMarkdown() {
    StringBuilder page = new StringBuilder();
    page.append(
            "How many times as long as this engine the others take. Lower than before: this engine")
        .append(" has become slower beside them.\n\n")
        .append("| beside | before | after | verdict |\n| --- | ---: | ---: | --- |\n");
    for (Line line : lines) {
      page.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %s | %s |%n",
              line.name(),
              Figures.ratio(line.before()),
              Figures.ratio(line.after()),
              line.verdict() == Verdict.UNDECIDED
                  ? ""
                  : line.verdict().name().toLowerCase(Locale.ROOT)));
    }
    return page.toString();
  }
}
