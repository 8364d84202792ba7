package io.warmstart.format;

import java.util.Random;

/** Random numbers that a failed run can have again: run it with {@code -Dwarmstart.seed=SEED}. */
final class SeededRandom {
  private SeededRandom() {}

  static Random create() {
    long seed = Long.getLong("warmstart.seed", System.nanoTime());
    System.out.println("random test: -Dwarmstart.seed=" + seed);
    return new Random(seed);
  }
}
