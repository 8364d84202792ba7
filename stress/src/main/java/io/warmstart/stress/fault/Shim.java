package io.warmstart.stress.fault;

import io.warmstart.stress.fork.CSource;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.SkippedException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The library that goes between a JVM and the C library, built by the host's compiler. */
public final class Shim {
  private Shim() {}

  /** Builds it in a directory of the run, or says in the report which part goes without it. */
  public static @Nullable Path buildOrSkip(Run run, String part)
      throws IOException, InterruptedException {
    try {
      return build(run.freshDirectory("shim"));
    } catch (SkippedException e) {
      run.skip(part, String.valueOf(e.getMessage()));
      return null;
    }
  }

  /**
   * Builds it.
   *
   * @throws SkippedException if the host has no compiler, or not for this
   */
  public static Path build(Path directory) throws IOException, InterruptedException {
    return CSource.build(
        Shim.class,
        "shim.c",
        directory.resolve("shim.so"),
        "-shared",
        "-fPIC",
        "-ldl",
        "-lpthread");
  }
}
