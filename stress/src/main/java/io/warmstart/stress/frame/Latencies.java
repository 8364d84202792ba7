package io.warmstart.stress.frame;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Latencies by operation, in HdrHistograms. <b>Threads:</b> one. */
public final class Latencies {
  /** The percentiles that a report shows. */
  public static final List<Double> PERCENTILES =
      List.of(0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99, 100.0);

  private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final Map<String, Histogram> histograms = new TreeMap<>();

  void record(String operation, long nanos) {
    histograms
        .computeIfAbsent(operation, unused -> new Histogram(HIGHEST_NANOS, 3))
        .recordValue(Math.max(0, Math.min(nanos, HIGHEST_NANOS)));
  }

  Map<String, ScenarioResult.Latency> summary() {
    Map<String, ScenarioResult.Latency> summary = new TreeMap<>();
    histograms.forEach(
        (operation, histogram) -> {
          List<Double> points = new ArrayList<>();
          for (double percentile : PERCENTILES) {
            points.add(histogram.getValueAtPercentile(percentile) / 1e3);
          }
          summary.put(
              operation,
              new ScenarioResult.Latency(
                  histogram.getTotalCount(), points, histogram.getMaxValue() / 1e3));
        });
    return summary;
  }
}
