package io.warmstart.runtime;

import org.jspecify.annotations.Nullable;

/** Of the failures of steps that do not depend on each other the first, with the others added. */
public final class FirstFailure {
  private FirstFailure() {}

  /** The first of all up to this one. */
  public static <T extends Throwable> T of(@Nullable T first, T next) {
    if (first == null) {
      return next;
    }
    if (first != next) {
      first.addSuppressed(next);
    }
    return first;
  }
}
