package io.warmstart.jmh.run;

import io.warmstart.jmh.report.Measurement;
import java.util.ArrayList;
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

  private final Map<Name, List<Double>> forks = new LinkedHashMap<>();

  void add(RunResult result) {
    BenchmarkParams params = result.getParams();
    String[] parts = params.getBenchmark().split("\\.", -1);
    String benchmark = parts[parts.length - 2] + "." + parts[parts.length - 1];
    add(benchmark, Measurement.SCORE, params, result.getPrimaryResult());
    result
        .getSecondaryResults()
        .forEach(
            (label, secondary) -> {
              // The primary result's percentiles carry the method's name in front.
              String own = parts[parts.length - 1] + ":";
              String shortened = label.startsWith(own) ? label.substring(own.length()) : label;
              if (wanted(shortened)) {
                add(benchmark, shortened, params, secondary);
              }
            });
  }

  private static boolean wanted(String label) {
    String last = label.substring(label.lastIndexOf(':') + 1);
    return !DROPPED_PERCENTILES.contains(last) && !DROPPED.contains(label);
  }

  private void add(String benchmark, String label, BenchmarkParams params, Result<?> result) {
    Map<String, String> values = new TreeMap<>();
    params.getParamsKeys().forEach(key -> values.put(key, params.getParam(key)));
    forks
        .computeIfAbsent(
            new Name(benchmark, label, values, params.getThreads(), result.getScoreUnit()),
            absent -> new ArrayList<>())
        .add(result.getScore());
  }

  List<Measurement> measurements() {
    List<Measurement> all = new ArrayList<>();
    forks.forEach(
        (name, values) ->
            all.add(
                new Measurement(
                    name.benchmark(),
                    name.label(),
                    name.params(),
                    name.threads(),
                    name.unit(),
                    values)));
    return all;
  }
}
