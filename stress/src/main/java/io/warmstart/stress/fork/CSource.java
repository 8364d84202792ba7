package io.warmstart.stress.fork;

import io.warmstart.stress.frame.SkippedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A source in C that lies among the resources, built by the host's compiler. */
public final class CSource {
  private CSource() {}

  /**
   * Builds one.
   *
   * @param owner beside which it lies
   * @param name such as {@code shim.c}
   * @param result where to put what comes of it; the source is put beside it
   * @param flags for the compiler
   * @throws SkippedException if the host has no compiler, or not for this
   */
  public static Path build(Class<?> owner, String name, Path result, String... flags)
      throws IOException, InterruptedException {
    Tool.need("cc");
    Path source = result.resolveSibling(name);
    try (InputStream resource = Objects.requireNonNull(owner.getResourceAsStream(name), name)) {
      Files.copy(resource, source, StandardCopyOption.REPLACE_EXISTING);
    }
    List<String> command =
        new ArrayList<>(List.of("cc", "-O2", "-o", result.toString(), source.toString()));
    command.addAll(List.of(flags));
    Tool.Outcome outcome = Tool.attempt(command);
    if (outcome.status() != 0) {
      throw new SkippedException(
          "cc cannot build " + name + ": " + outcome.output().lines().findFirst().orElse(""));
    }
    return result;
  }
}
