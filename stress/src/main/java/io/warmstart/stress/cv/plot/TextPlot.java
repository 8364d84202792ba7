package io.warmstart.stress.cv.plot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The curve in plain characters: a line for each penalty, so that the path's equal steps of the
 * logarithm are the lines' own, and accuracy to the right.
 */
public final class TextPlot {
  /** No line is longer: the narrowest terminal that is usual has 80 columns. */
  static final int WIDTH = 79;

  private static final int LABEL_WIDTH = 11;
  private static final String CHOSEN = "  <- chosen";
  private static final String BEST = "  <- best";
  private static final int COLUMNS = WIDTH - LABEL_WIDTH - CHOSEN.length();

  private final PenaltyCurve curve;
  private final LogScale errors;
  private final char[] blank = new char[COLUMNS];

  private TextPlot(PenaltyCurve curve) {
    this.curve = curve;
    this.errors = curve.errorScale();
    Arrays.fill(blank, ' ');
    for (PenaltyCurve.Step step : PenaltyCurve.steps(errors)) {
      blank[column(step.share())] = '.';
    }
    blank[column(PenaltyCurve.share(errors, curve.threshold()))] = ':';
  }

  /** The plot's lines, without line ends. */
  public static List<String> lines(PenaltyCurve curve) {
    return new TextPlot(curve).lines();
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(" ".repeat(LABEL_WIDTH) + axis());
    for (int k = 0; k < curve.points().size(); k++) {
      PenaltyCurve.Point point = curve.points().get(k);
      String mark = k == curve.chosen() ? CHOSEN : k == curve.best() ? BEST : "";
      lines.add(
          String.format(Locale.ROOT, "%" + (LABEL_WIDTH - 1) + ".2e ", point.penalty())
              + row(point, k == curve.chosen() ? '#' : 'o')
              + mark);
    }
    lines.add("   penalty  o mean accuracy of the folds, --- its standard error to both sides");
    lines.add("            : one standard error below the best; # the largest penalty there");
    lines.replaceAll(String::stripTrailing);
    return lines;
  }

  private String row(PenaltyCurve.Point point, char mean) {
    char[] row = blank.clone();
    int from = column(PenaltyCurve.share(errors, point.accuracy() - point.standardError()));
    int to = column(PenaltyCurve.share(errors, point.accuracy() + point.standardError()));
    Arrays.fill(row, from, to + 1, '-');
    row[column(PenaltyCurve.share(errors, point.accuracy()))] = mean;
    return new String(row);
  }

  // Each label ends above its step, but for the first, which begins there; a label that would run
  // into the one before is left out.
  private String axis() {
    StringBuilder axis = new StringBuilder();
    for (PenaltyCurve.Step step : PenaltyCurve.steps(errors)) {
      int begin = Math.max(0, column(step.share()) - step.label().length() + 1);
      if (axis.length() == 0 || begin > axis.length()) {
        axis.append(" ".repeat(begin - axis.length())).append(step.label());
      }
    }
    return axis.toString();
  }

  private static int column(double share) {
    return (int) Math.round(share * (COLUMNS - 1));
  }
}
