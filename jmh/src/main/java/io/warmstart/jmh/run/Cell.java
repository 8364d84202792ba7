package io.warmstart.jmh.run;

import io.warmstart.jmh.peer.PeerKind;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one fork measures.
 *
 * @param benchmark class and method, without the package
 * @param params all that differ from the defaults
 * @param threads how many at once
 * @param effort for how long
 */
record Cell(String benchmark, Map<String, String> params, int threads, Effort effort) {

  /**
   * How long a fork warms up and measures.
   *
   * @param warmups iterations before
   * @param iterations iterations that count
   * @param millis of each
   */
  record Effort(int warmups, int iterations, int millis) {}

  Cell {
    params = Map.copyOf(params);
  }

  static Cell of(String benchmark, Effort effort, String... namesAndValues) {
    Map<String, String> params = new TreeMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      params.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new Cell(benchmark, params, 1, effort);
  }

  Cell with(String name, Object value) {
    Map<String, String> more = new TreeMap<>(params);
    more.put(name, value.toString());
    return new Cell(benchmark, more, threads, effort);
  }

  Cell withThreads(int count) {
    return new Cell(benchmark, params, count, effort);
  }

  /** The same for longer or shorter, unless an iteration is one call. */
  Cell measuring(int seconds) {
    boolean once = effort.millis() == 1;
    return once
        ? this
        : new Cell(
            benchmark,
            params,
            threads,
            new Effort(effort.warmups(), effort.iterations(), seconds * 1000));
  }

  /** The store whose flags the fork needs: this engine unless a parameter names another. */
  PeerKind peer() {
    String name = params.get("peer");
    return name == null ? PeerKind.WARMSTART : PeerKind.valueOf(name);
  }

  /** For the progress line and errors. */
  String describe() {
    return benchmark + " " + new TreeMap<>(params) + " threads=" + threads;
  }
}
