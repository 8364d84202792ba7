package io.warmstart.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

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

  /**
   * How long threads race: so long or a multiple, and where the machine is busy with something else
   * until enough was seen; half a minute more at most.
   *
   * @param least without so much the race would have shown nothing
   * @return true as long as it goes on, beginning now
   */
  public static BooleanSupplier race(Duration shortForm, LongSupplier seen, long least) {
    long begin = System.nanoTime();
    long enough = nanos(shortForm);
    long most = enough + TimeUnit.SECONDS.toNanos(30);
    return () -> {
      long since = System.nanoTime() - begin;
      return since < enough || (since < most && seen.getAsLong() < least);
    };
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
