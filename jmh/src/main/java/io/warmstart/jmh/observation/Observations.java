package io.warmstart.jmh.observation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ResultRole;
import org.openjdk.jmh.results.SampleTimeResult;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.util.SampleBuffer;

/**
 * What a benchmark notes while an iteration runs; {@link ObservationsProfiler} hands it to JMH as
 * secondary results at the iteration's end. JMH makes profilers itself, so the two meet in a static
 * field.
 */
public final class Observations {
  private static final Observations CURRENT = new Observations();

  private record Scalar(double value, String unit) {}

  private final Map<String, SampleBuffer> times = new TreeMap<>();
  private final Map<String, Scalar> scalars = new TreeMap<>();

  private Observations() {}

  /** Those of the iteration that is running. */
  public static Observations current() {
    return CURRENT;
  }

  /** Adds a time to the distribution of that label. */
  public synchronized void time(String label, long nanos) {
    times.computeIfAbsent(label, absent -> new SampleBuffer()).add(nanos);
  }

  /** Sets a number, of which the mean over iterations is shown. */
  public synchronized void scalar(String label, double value, String unit) {
    scalars.put(label, new Scalar(value, unit));
  }

  /** A label that sorts by percentile. */
  public static String percentileLabel(String what, double percentile) {
    return percentile == 100
        ? what + " worst"
        : String.format(Locale.ROOT, "%s p%.2f", what, percentile);
  }

  /** Forgets everything. */
  synchronized void clear() {
    times.clear();
    scalars.clear();
  }

  /** Everything, as results of an iteration, and forgets it. */
  synchronized List<Result<?>> drain() {
    List<Result<?>> results = new ArrayList<>();
    times.forEach(
        (label, buffer) ->
            results.add(
                new SampleTimeResult(ResultRole.SECONDARY, label, buffer, TimeUnit.MICROSECONDS)));
    scalars.forEach(
        (label, scalar) ->
            results.add(
                new ScalarResult(label, scalar.value(), scalar.unit(), AggregationPolicy.AVG)));
    // The buffers belong to the results now.
    times.clear();
    scalars.clear();
    return results;
  }
}
