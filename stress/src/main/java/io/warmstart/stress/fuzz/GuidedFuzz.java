package io.warmstart.stress.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a fuzzer comes in that is led by coverage: Jazzer calls these methods by their names, and
 * so nothing here needs it. {@code docs/testing.md} tells how.
 */
public final class GuidedFuzz {
  private static @Nullable FuzzTarget target;

  private GuidedFuzz() {}

  /**
   * Makes the target.
   *
   * @param arguments its name, and a directory of which there is nothing yet
   */
  public static void fuzzerInitialize(String[] arguments) throws IOException {
    FuzzCommand.silence();
    target = FuzzTargets.of(arguments[0], Path.of(arguments[1]));
  }

  /** Judges one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    FuzzTarget made = target;
    if (made == null) {
      throw new IllegalStateException("no target: expected=its name and a directory actual=none");
    }
    String complaint = Trial.of(made, input);
    if (!complaint.isEmpty()) {
      throw new AssertionError(made.name() + ": " + complaint);
    }
  }
}
