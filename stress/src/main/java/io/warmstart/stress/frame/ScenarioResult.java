package io.warmstart.stress.frame;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * What a scenario did and found, as the report shows it.
 *
 * @param scenario its name
 * @param verdict passed, failed or skipped
 * @param seed the seed
 * @param processes processes at once
 * @param seconds the seconds asked for
 * @param elapsedSeconds the seconds that it took, checks and all
 * @param replay the command that runs it again
 * @param counts what was done, by name
 * @param minimums what had to be done for the result to mean anything
 * @param trials how often something could have been lost; 0 if the scenario counts no losses
 * @param losses how often it was
 * @param problems what is wrong, one line each; at most so many as fit a page
 * @param skipped parts that the host could not run, each with the reason
 * @param notes what a reader should know besides
 * @param latencies percentiles by operation
 */
@JsonIgnoreProperties(value = ScenarioResult.BOUND, allowGetters = true)
public record ScenarioResult(
    String scenario,
    Verdict verdict,
    long seed,
    int processes,
    int seconds,
    double elapsedSeconds,
    String replay,
    Map<String, Long> counts,
    List<Minimum> minimums,
    long trials,
    long losses,
    List<String> problems,
    List<String> skipped,
    List<String> notes,
    Map<String, Latency> latencies) {
  static final String BOUND = "loss_bound_95";

  /** Work without which a pass proves nothing. */
  public record Minimum(String what, long least, long actual) {
    /** Whether it was reached. */
    public boolean reached() {
      return actual >= least;
    }
  }

  /**
   * How long an operation took.
   *
   * @param count how many were timed
   * @param points microseconds at each percentile of {@link Latencies#PERCENTILES}
   * @param maxMicros the longest
   */
  public record Latency(long count, List<Double> points, double maxMicros) {
    /** Microseconds at one of the percentiles. */
    public double at(double percentile) {
      return points.get(Latencies.PERCENTILES.indexOf(percentile));
    }
  }

  /** The rate that the true rate of losses is below with 95 % confidence; 1 without trials. */
  @JsonProperty(BOUND)
  public double lossBound95() {
    // The rule of three holds for no losses; one loss is a failure anyway.
    return losses > 0 || trials == 0 ? 1 : Math.min(1, 3.0 / trials);
  }
}
