package io.warmstart.stress.cv;

import java.util.SplittableRandom;

/**
 * When to kill workers: at random moments, the same for the same seed, spread over the run. A
 * moment is a number of finished fits and then a number of iterations by whichever worker, so that
 * all of them come however fast or slow the run is, as long as there is anything left to compute.
 *
 * <p><b>Threads:</b> not safe; the coordinator's own.
 */
final class KillPlan {
  private static final int MOST_ITERATIONS = 60;
  private static final int MOST_DELAY_NANOS = 4_000_000;

  private final SplittableRandom random;
  private final int[] afterFits;
  private final int[] afterIterations;
  private int next;
  private int iterations;

  KillPlan(int kills, int fits, long seed) {
    this.random = new SplittableRandom(seed);
    this.afterFits = new int[kills];
    this.afterIterations = new int[kills];
    for (int kill = 0; kill < kills; kill++) {
      // One moment in each of as many equal shares of the run.
      double share = (kill + random.nextDouble()) / kills;
      afterFits[kill] = (int) (share * fits);
      afterIterations[kill] = random.nextInt(MOST_ITERATIONS);
    }
  }

  int planned() {
    return afterFits.length;
  }

  /** Whether the worker that has just done an iteration is to die. */
  boolean strikesAfterIteration(int finished, int unfinished) {
    if (next >= planned() || finished < afterFits[next]) {
      return false;
    }
    iterations++;
    if (iterations <= afterIterations[next] && planned() - next < unfinished) {
      return false;
    }
    next++;
    iterations = 0;
    return true;
  }

  /** Whether a worker is to die although there is nothing left to compute. */
  boolean strikesAtEnd() {
    if (next >= planned()) {
      return false;
    }
    next++;
    return true;
  }

  /** Time to let pass before the blow, so that it falls into computing and saving alike. */
  long delayNanos() {
    return random.nextInt(MOST_DELAY_NANOS);
  }
}
