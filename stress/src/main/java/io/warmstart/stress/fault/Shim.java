package io.warmstart.stress.fault;

import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.SkippedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
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
    Tool.need("cc");
    Path source = directory.resolve("shim.c");
    try (InputStream resource =
        Objects.requireNonNull(Shim.class.getResourceAsStream("shim.c"), "shim.c")) {
      Files.copy(resource, source, StandardCopyOption.REPLACE_EXISTING);
    }
    Path library = directory.resolve("shim.so");
    Tool.Outcome outcome =
        Tool.attempt(
            List.of(
                "cc",
                "-shared",
                "-fPIC",
                "-O2",
                "-o",
                library.toString(),
                source.toString(),
                "-ldl",
                "-lpthread"));
    if (outcome.status() != 0) {
      throw new SkippedException(
          "cc cannot build the shim: " + outcome.output().lines().findFirst().orElse(""));
    }
    return library;
  }
}
