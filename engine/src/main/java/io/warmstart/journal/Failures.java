package io.warmstart.journal;

import io.warmstart.runtime.FirstFailure;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Steps of which none keeps the others from being taken: one segment, or one run, is not to. For
 * one thread.
 */
final class Failures {
  /** What may fail. */
  interface Step {
    void run() throws IOException;
  }

  private @Nullable Exception first;

  /** Takes a step. */
  void attempt(Step step) {
    try {
      step.run();
    } catch (IOException | RuntimeException e) {
      first = FirstFailure.of(first, e);
    }
  }

  /** Throws what has failed first, with the others. */
  void raise() throws IOException {
    if (first instanceof IOException e) {
      throw e;
    }
    if (first instanceof RuntimeException e) {
      throw e;
    }
  }
}
