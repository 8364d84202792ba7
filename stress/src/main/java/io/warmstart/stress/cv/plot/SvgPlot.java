package io.warmstart.stress.cv.plot;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;

/**
 * The curve as one SVG document that needs nothing beside itself, light or dark as its reader has
 * it.
 *
 * <p><b>Threads:</b> not safe; one document each.
 */
public final class SvgPlot {
  private static final int WIDTH = 860;
  private static final int HEIGHT = 500;
  private static final double LEFT = 64;
  private static final double RIGHT = WIDTH - 28;
  private static final double ABOUT = 48;
  private static final double ABOUT_LINE = 17;
  private static final double BOTTOM = HEIGHT - 84;
  private static final double CAP = 4;
  private static final double NEAREST_LABELS = 44;

  private static final String STYLE =
      """
      .curve { fill: none; stroke: #0a5fb4; stroke-width: 1.5 }
      .bar { stroke: #0a5fb4 } .mean { fill: #0a5fb4 }
      .needed { stroke: #59636e; stroke-dasharray: 5 4 }
      .chosen { stroke: #b4480a; stroke-width: 1.5 } .choice { stroke: #b4480a; stroke-dasharray: 2 4 }
      .chosen-mean, .chosen-text { fill: #b4480a }
      @media (prefers-color-scheme: dark) {
        .needed { stroke: #9aa4ae }
        .curve, .bar { stroke: #62b0ff } .mean { fill: #62b0ff }
        .chosen, .choice { stroke: #ffa45e } .chosen-mean, .chosen-text { fill: #ffa45e }
      }
      """;

  private final PenaltyCurve curve;
  private final LogScale penalties;
  private final LogScale errors;
  private final double top;
  private final SvgDocument svg = new SvgDocument("Accuracy by penalty", WIDTH, HEIGHT, STYLE);

  private SvgPlot(PenaltyCurve curve, int aboutLines) {
    this.top = ABOUT + aboutLines * ABOUT_LINE + 8;
    this.curve = curve;
    this.penalties = curve.penaltyScale();
    this.errors = curve.errorScale();
  }

  /**
   * The document.
   *
   * @param about one line each: what was fitted, and where and when
   */
  public static String document(PenaltyCurve curve, List<String> about) {
    return new SvgPlot(curve, about.size()).draw(about);
  }

  private String draw(List<String> about) {
    svg.text("title", LEFT, 28, "start", "Accuracy by penalty");
    for (int i = 0; i < about.size(); i++) {
      svg.text("dim", LEFT, ABOUT + i * ABOUT_LINE, "start", about.get(i));
    }
    accuracyAxis();
    penaltyAxis();
    choice();
    points();
    legend();
    return svg.end();
  }

  private void accuracyAxis() {
    for (PenaltyCurve.Step step : PenaltyCurve.steps(errors)) {
      double y = BOTTOM - step.share() * (BOTTOM - top);
      svg.line("grid", LEFT, y, RIGHT, y);
      svg.text("dim", LEFT - 8, y + 4, "end", step.label());
    }
  }

  private void penaltyAxis() {
    svg.line("axis", LEFT, BOTTOM, RIGHT, BOTTOM);
    double labelled = Double.NEGATIVE_INFINITY;
    for (BigDecimal step : penalties.steps()) {
      double x = x(step.doubleValue());
      svg.line("axis", x, BOTTOM, x, BOTTOM + 5);
      if (x - labelled >= NEAREST_LABELS) {
        svg.text("dim", x, BOTTOM + 20, "middle", label(step));
        labelled = x;
      }
    }
    svg.text("", (LEFT + RIGHT) / 2, BOTTOM + 40, "middle", "penalty (lambda)");
  }

  private static String label(BigDecimal step) {
    boolean plain = step.doubleValue() >= 1e-5 && step.doubleValue() < 1e5;
    return plain
        ? step.stripTrailingZeros().toPlainString()
        : String.format(Locale.ROOT, "%.0e", step.doubleValue());
  }

  private void choice() {
    double needed = y(curve.threshold());
    svg.line("needed", LEFT, needed, RIGHT, needed);
    PenaltyCurve.Point chosen = curve.chosenPoint();
    double x = x(chosen.penalty());
    svg.line("choice", x, top, x, BOTTOM);
    // On the side where there is more room.
    boolean left = x > (LEFT + RIGHT) / 2;
    svg.text(
        "chosen-text",
        left ? x - 8 : x + 8,
        BOTTOM - 10,
        left ? "end" : "start",
        SvgDocument.format("chosen: %.4g, accuracy %s", chosen.penalty(), accuracy(chosen)));
  }

  private void points() {
    StringBuilder path = new StringBuilder();
    for (PenaltyCurve.Point point : curve.points()) {
      path.append(SvgDocument.format("%.1f,%.1f ", x(point.penalty()), y(point.accuracy())));
    }
    svg.add("<polyline class=\"curve\" points=\"%s\"/>\n", path.toString().strip());
    for (int k = 0; k < curve.points().size(); k++) {
      PenaltyCurve.Point point = curve.points().get(k);
      boolean chosen = k == curve.chosen();
      String bar = chosen ? "chosen" : "bar";
      double x = x(point.penalty());
      double low = y(point.accuracy() - point.standardError());
      double high = y(point.accuracy() + point.standardError());
      // A program that shows SVG shows the title when the pointer rests on the point.
      svg.add("<g><title>penalty %.5g: %s</title>\n", point.penalty(), accuracy(point));
      svg.line(bar, x, low, x, high);
      svg.line(bar, x - CAP, low, x + CAP, low);
      svg.line(bar, x - CAP, high, x + CAP, high);
      svg.add(
          "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/></g>\n",
          chosen ? "chosen-mean" : "mean", x, y(point.accuracy()), chosen ? 5 : 3);
    }
  }

  private void legend() {
    svg.text(
        "dim",
        LEFT,
        HEIGHT - 26,
        "start",
        SvgDocument.format(
            "Bars: one standard error. Dashed: one below the best, %.4g with %s; chosen is the"
                + " largest penalty above it.",
            curve.bestPoint().penalty(), accuracy(curve.bestPoint())));
    svg.text(
        "dim",
        LEFT,
        HEIGHT - 10,
        "start",
        "Both axes are logarithmic: the upright one in the error, 100% less the accuracy.");
  }

  private static String accuracy(PenaltyCurve.Point point) {
    return SvgDocument.format(
        "%.2f%% \u00b1 %.2f%%", 100 * point.accuracy(), 100 * point.standardError());
  }

  private double x(double penalty) {
    return LEFT + penalties.share(penalty) * (RIGHT - LEFT);
  }

  private double y(double accuracy) {
    return BOTTOM - PenaltyCurve.share(errors, accuracy) * (BOTTOM - top);
  }
}
