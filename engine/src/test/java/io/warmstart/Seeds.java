package io.warmstart;

import java.util.Random;

/** Seeds of random tests: printed, and taken back with -Dwarmstart.seed=N. */
final class Seeds {
  private Seeds() {}

  static Random random() {
    long seed = Long.getLong("warmstart.seed", System.nanoTime());
    System.out.println("random test: -Dwarmstart.seed=" + seed);
    return new Random(seed);
  }
}
