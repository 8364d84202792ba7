package io.warmstart.jmh.report;

import io.warmstart.jmh.report.Table.Chart;
import io.warmstart.jmh.report.Table.Field;
import io.warmstart.jmh.report.Table.Fields;
import java.awt.Color;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.ChartEncoder;

/** Draws tables. The axis is logarithmic: the stores lie orders of magnitude apart. */
final class Plots {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 420;

  private Plots() {}

  /** The plot as an SVG element, to stand in a page. */
  static String svg(Table table, Fields fields) throws IOException {
    byte[] bytes = ChartEncoder.getBytes(chart(table, fields), "svg");
    String document = new String(bytes, StandardCharsets.UTF_8);
    return document.substring(document.indexOf("<svg"));
  }

  private static CategoryChart chart(Table table, Fields fields) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(table.title())
            .yAxisTitle(unit(fields))
            .build();
    chart.getStyler().setYAxisLogarithmic(true);
    // Else bars begin at zero, which this axis does not have.
    chart.getStyler().setYAxisMin(powerOfTenBelow(least(fields)));
    chart.getStyler().setAvailableSpaceFill(0.8);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBorderVisible(false);
    chart.getStyler().setLegendBorderColor(Color.WHITE);
    if (table.chart() == Chart.LINES) {
      chart.getStyler().setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Line);
      chart.getStyler().setOverlapped(true);
    }
    List<String> columns = new ArrayList<>(fields.columns());
    for (String row : fields.rows()) {
      List<Double> values = new ArrayList<>();
      for (String column : columns) {
        Field field = fields.get(row, column);
        // An axis of this kind has no zero, and a gap must not draw a bar.
        values.add(field == null || field.estimate().mean() <= 0 ? null : field.estimate().mean());
      }
      chart.addSeries(row, columns, values);
    }
    return chart;
  }

  private static double powerOfTenBelow(double value) {
    return Math.pow(10, Math.ceil(Math.log10(value)) - 1);
  }

  private static double least(Fields fields) {
    double least = Double.MAX_VALUE;
    for (String row : fields.rows()) {
      for (String column : fields.columns()) {
        Field field = fields.get(row, column);
        if (field != null && field.estimate().mean() > 0) {
          least = Math.min(least, field.estimate().mean());
        }
      }
    }
    return least;
  }

  private static String unit(Fields fields) {
    for (String row : fields.rows()) {
      for (String column : fields.columns()) {
        Field field = fields.get(row, column);
        if (field != null) {
          return field.unit();
        }
      }
    }
    return "";
  }
}
