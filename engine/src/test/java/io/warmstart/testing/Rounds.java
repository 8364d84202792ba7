package io.warmstart.testing;

import java.time.Duration;

/**
 * How long tests go on that could go on for any time: short in the build that gates, and {@code
 * -Dwarmstart.rounds=N} times as long where somebody asks for it.
 */
public final class Rounds {
  private static final int COUNT = Integer.getInteger("warmstart.rounds", 1);

  private Rounds() {}

  /** So many times, or a multiple. */
  public static int times(int shortForm) {
    return COUNT * shortForm;
  }

  /** So long, or a multiple. */
  public static long nanos(Duration shortForm) {
    return COUNT * shortForm.toNanos();
  }

  /** From one case to the next, where the short form tries only each n-th of them. */
  public static int stride(int shortForm) {
    return areShort() ? shortForm : 1;
  }

  /** Whether this is the build that gates. */
  static boolean areShort() {
    return COUNT == 1;
  }
}
