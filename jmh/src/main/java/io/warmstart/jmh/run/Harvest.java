package io.warmstart.jmh.run;

import io.warmstart.jmh.report.Measurement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** Gathers what the forks of all rounds have measured. */
final class Harvest {
  private static final Set<String> DROPPED_PERCENTILES =
      Set.of("p0.00", "p0.90", "p0.95", "p0.9999");
  private static final Set<String> DROPPED = Set.of("gc.alloc.rate", "gc.time");

  private record Name(
      String benchmark, String label, Map<String, String> params, int threads, String unit) {}

  /** The values of one name, and where its cell stands in the plan. */
  private record Values(int position, List<Double> forks) {}

  private final Map<Name, Values> values = new LinkedHashMap<>();

  /**
   * Adds a fork.
   *
   * @param position of its cell in the plan, by which the measurements are sorted in the end:
   *     within a round the order is random
   * @param more what is not among JMH's own parameters
   */
  void add(RunResult result, int position, Map<String, String> more) {
    BenchmarkParams params = result.getParams();
    Map<String, String> byName = new TreeMap<>(more);
    params.getParamsKeys().forEach(key -> byName.put(key, params.getParam(key)));
    String[] parts = params.getBenchmark().split("\\.", -1);
    String benchmark = parts[parts.length - 2] + "." + parts[parts.length - 1];
    add(position, benchmark, Measurement.SCORE, byName, params, result.getPrimaryResult());
    result
        .getSecondaryResults()
        .forEach(
            (label, secondary) -> {
              // The primary result's percentiles carry the method's name in front.
              String own = parts[parts.length - 1] + ":";
              String shortened = label.startsWith(own) ? label.substring(own.length()) : label;
              if (wanted(shortened)) {
                add(position, benchmark, shortened, byName, params, secondary);
              }
            });
  }

  private static boolean wanted(String label) {
    String last = label.substring(label.lastIndexOf(':') + 1);
    return !DROPPED_PERCENTILES.contains(last) && !DROPPED.contains(label);
  }

  private void add(
      int position,
      String benchmark,
      String label,
      Map<String, String> byName,
      BenchmarkParams params,
      Result<?> result) {
    values
        .computeIfAbsent(
            new Name(benchmark, label, byName, params.getThreads(), result.getScoreUnit()),
            absent -> new Values(position, new ArrayList<>()))
        .forks()
        .add(result.getScore());
  }

  List<Measurement> measurements() {
    return values.entrySet().stream()
        .sorted(Comparator.comparingInt(entry -> entry.getValue().position()))
        .map(entry -> measurement(entry.getKey(), entry.getValue().forks()))
        .toList();
  }

  private static Measurement measurement(Name name, List<Double> forks) {
    return new Measurement(
        name.benchmark(), name.label(), name.params(), name.threads(), name.unit(), forks);
  }
}
