package io.warmstart.jmh.report;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One number of one benchmark, once for each fork.
 *
 * @param benchmark class and method, without the package
 * @param label what of it: {@code score}, {@code p0.50}, {@code gc.alloc.rate.norm}, or a label of
 *     the benchmark's own
 * @param params what JMH calls parameters
 * @param threads how many threads ran it at once
 * @param unit of the values
 * @param forks the values, in the order of the rounds: the nth of all measurements were measured
 *     close to each other
 */
public record Measurement(
    String benchmark,
    String label,
    Map<String, String> params,
    int threads,
    String unit,
    List<Double> forks) {
  /** The label of JMH's own score. */
  public static final String SCORE = "score";

  /** The parameter of a run on several file systems that says on which. */
  public static final String FILE_SYSTEM = "fileSystem";

  /** Sorts the parameters, so that two runs of the same name the same. */
  public Measurement {
    params = new TreeMap<>(params);
    forks = List.copyOf(forks);
  }

  /** What two files must have in common for two measurements to be compared. */
  public String name() {
    return benchmark + ":" + label + " " + params + " threads=" + threads + " " + unit;
  }

  /** A parameter's value, or an empty string. */
  public String param(String name) {
    return params.getOrDefault(name, "");
  }

  double[] values() {
    return forks.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
