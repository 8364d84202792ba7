package io.warmstart.stress.scale;

/**
 * One number.
 *
 * @param size how many entries, runs, processes or MiB
 * @param what was measured
 * @param unit of the value; times are in {@link #MICROSECONDS}
 */
record Figure(Aspect aspect, long size, String what, double value, String unit) {
  static final String MICROSECONDS = "us";
  private static final String MARK = "figure";

  /** As a process says it on a line. */
  String line() {
    return String.join(
        "\t", MARK, aspect.name(), Long.toString(size), what, Double.toString(value), unit);
  }

  static boolean isIn(String line) {
    return line.startsWith(MARK + "\t");
  }

  static Figure of(String line) {
    String[] parts = line.split("\t", -1);
    return new Figure(
        Aspect.valueOf(parts[1]),
        Long.parseLong(parts[2]),
        parts[3],
        Double.parseDouble(parts[4]),
        parts[5]);
  }

  boolean isTime() {
    return unit.equals(MICROSECONDS);
  }
}
