package io.warmstart.stress.scale;

import io.warmstart.stress.cv.plot.LogScale;
import io.warmstart.stress.cv.plot.SvgDocument;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Times by size, both axes logarithmic: what is level does not grow, what rises as fast as the axes
 * are wide grows in proportion. Each line has its name at its end.
 */
final class GrowthPlot {
  private static final int WIDTH = 860;
  private static final int HEIGHT = 520;
  private static final double LEFT = 64;
  private static final double RIGHT = WIDTH - 240;
  private static final double TOP = 48;
  private static final double BOTTOM = HEIGHT - 52;
  private static final double NAME_HEIGHT = 15;
  private static final double SECOND = 1e6;

  private static final String STYLE =
      """
      .l0 { stroke: #0a5fb4 } .l1 { stroke: #b4480a } .l2 { stroke: #1a7f37 } .l3 { stroke: #8250df }
      .l4 { stroke: #9a6700 } .l5 { stroke: #bf3989 } .l6 { stroke: #57606a } .l7 { stroke: #0598bc }
      polyline { fill: none; stroke-width: 1.5 } .name { stroke-width: 0.7 }
      """;

  private static final int COLOURS = 8;

  private final SvgDocument svg;
  private final LogScale sizes;
  private final LogScale times;

  private GrowthPlot(Aspect aspect, List<Figure> all) {
    this.svg = new SvgDocument(aspect.title(), WIDTH, HEIGHT, STYLE);
    this.sizes =
        new LogScale(
            all.stream().mapToLong(Figure::size).min().orElseThrow(),
            all.stream().mapToLong(Figure::size).max().orElseThrow());
    this.times =
        LogScale.aroundSteps(
            all.stream().mapToDouble(Figure::value).min().orElseThrow(),
            all.stream().mapToDouble(Figure::value).max().orElseThrow());
  }

  /**
   * The document.
   *
   * @param lines by what they are called, the sizes rising; two sizes at least
   */
  static String document(Aspect aspect, Map<String, List<Figure>> lines) {
    List<Figure> all = lines.values().stream().flatMap(List::stream).toList();
    GrowthPlot plot = new GrowthPlot(aspect, all);
    plot.axes(aspect);
    plot.lines(new ArrayList<>(lines.values()));
    return plot.svg.end();
  }

  private void axes(Aspect aspect) {
    svg.text("title", LEFT, 28, "start", aspect.title() + ": median times");
    for (BigDecimal step : times.steps()) {
      if (step.unscaledValue().intValue() == 1) {
        double y = y(step.doubleValue());
        svg.line("grid", LEFT, y, RIGHT, y);
        svg.text("dim", LEFT - 8, y + 4, "end", time(step));
      }
    }
    svg.line("axis", LEFT, BOTTOM, RIGHT, BOTTOM);
    for (BigDecimal step : sizes.steps()) {
      if (step.unscaledValue().intValue() == 1) {
        double x = x(step.longValueExact());
        svg.line("axis", x, BOTTOM, x, BOTTOM + 5);
        svg.text("dim", x, BOTTOM + 20, "middle", String.format(Locale.ROOT, "%,.0f", step));
      }
    }
    svg.text("", (LEFT + RIGHT) / 2, BOTTOM + 40, "middle", aspect.of());
  }

  /** The lines, that with the longest time at its end first; their names in that order. */
  private void lines(List<List<Figure>> lines) {
    lines.sort(Comparator.comparingDouble((List<Figure> each) -> last(each).value()).reversed());
    double free = TOP;
    for (int i = 0; i < lines.size(); i++) {
      List<Figure> line = lines.get(i);
      StringBuilder points = new StringBuilder();
      for (Figure each : line) {
        points.append(SvgDocument.format("%.1f,%.1f ", x(each.size()), y(each.value())));
      }
      String colour = "l" + i % COLOURS;
      svg.add("<polyline class=\"%s\" points=\"%s\"/>\n", colour, points.toString().strip());
      Figure end = last(line);
      double nameAt = Math.max(free, y(end.value()));
      svg.line("name " + colour, x(end.size()), y(end.value()), RIGHT + 16, nameAt);
      svg.text("dim", RIGHT + 20, nameAt + 4, "start", end.what());
      free = nameAt + NAME_HEIGHT;
    }
  }

  private static Figure last(List<Figure> line) {
    return line.get(line.size() - 1);
  }

  private static String time(BigDecimal micros) {
    double value = micros.doubleValue();
    double shown = value >= SECOND ? value / SECOND : value >= 1e3 ? value / 1e3 : value;
    String unit = value >= SECOND ? " s" : value >= 1e3 ? " ms" : " µs";
    return BigDecimal.valueOf(shown).stripTrailingZeros().toPlainString() + unit;
  }

  private double x(long size) {
    return LEFT + sizes.share((double) size) * (RIGHT - LEFT);
  }

  private double y(double micros) {
    return BOTTOM - times.share(micros) * (BOTTOM - TOP);
  }
}
