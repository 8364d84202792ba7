package io.warmstart.stress.report;

import io.warmstart.stress.frame.Latencies;
import io.warmstart.stress.frame.ScenarioResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;

/** Latency by percentile, one line for each operation: the tail is drawn as wide as the rest. */
final class PercentileChart {
  private static final int WIDTH = 820;
  private static final int HEIGHT = 360;

  /** A percentile p stands at -log10(1 - p/100): 90 at 1, 99 at 2, 99.9 at 3; the maximum at 5. */
  private static final double MAXIMUM_AT = 5;

  private PercentileChart() {}

  /** The chart as an image that a page carries within itself. */
  static String dataUri(String title, Map<String, ScenarioResult.Latency> latencies)
      throws IOException {
    // No window is ever opened; without this a host without a display may refuse to draw.
    System.setProperty("java.awt.headless", "true");
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(
                "percentile, as nines: 1 = 90 %, 2 = 99 %, 3 = 99.9 %, 4 = 99.99 %, 5 = max")
            .yAxisTitle("microseconds")
            .build();
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNW);
    chart.getStyler().setMarkerSize(4);
    latencies.forEach(
        (operation, latency) -> {
          List<Double> x = new ArrayList<>();
          List<Double> y = new ArrayList<>();
          for (int i = 0; i < latency.points().size(); i++) {
            double percentile = Latencies.PERCENTILES.get(i);
            x.add(percentile == 100 ? MAXIMUM_AT : -Math.log10(1 - percentile / 100));
            // A logarithmic axis has no place for zero.
            y.add(Math.max(0.1, latency.points().get(i)));
          }
          chart.addSeries(operation, x, y);
        });
    ByteArrayOutputStream image = new ByteArrayOutputStream();
    ChartEncoder.saveChart(chart, image, "png");
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(image.toByteArray());
  }
}
