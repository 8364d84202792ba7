package io.warmstart.ranking;

import io.warmstart.model.Ranking;

/**
 * Narrows the entries of a key down to those of which one wins, by what can be had of thousands
 * without making an object of each: add them all, then ask of each. Which of those that are left
 * wins is for {@link RankingRule} to say. For one thread.
 */
public final class PossibleWinners {
  private final Ranking ranking;
  private double lowest = Double.POSITIVE_INFINITY;
  private long latest = Long.MIN_VALUE;
  private long latestFinal = Long.MIN_VALUE;

  public PossibleWinners(Ranking ranking) {
    this.ranking = ranking;
  }

  /**
   * Adds an entry.
   *
   * @param objective finite, or NaN for none
   * @param writtenNanos the written stamp
   */
  public void add(double objective, long writtenNanos, boolean finalResult) {
    if (objective < lowest) {
      lowest = objective;
    }
    latest = Math.max(latest, writtenNanos);
    if (finalResult) {
      latestFinal = Math.max(latestFinal, writtenNanos);
    }
  }

  /** Whether an entry that was added may win. */
  public boolean include(double objective, long writtenNanos, boolean finalResult) {
    return switch (ranking) {
      case LATEST -> writtenNanos == latest;
      case LOWEST_OBJECTIVE -> isAmongLowest(objective, writtenNanos);
      case FINAL_FIRST ->
          latestFinal == Long.MIN_VALUE
              ? isAmongLowest(objective, writtenNanos)
              : finalResult && writtenNanos == latestFinal;
    };
  }

  private boolean isAmongLowest(double objective, long writtenNanos) {
    return lowest == Double.POSITIVE_INFINITY
        ? writtenNanos == latest
        : objective - lowest < RankingRule.OBJECTIVE_TIE;
  }
}
