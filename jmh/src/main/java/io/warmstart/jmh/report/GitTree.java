package io.warmstart.jmh.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The sources that were measured.
 *
 * @param commit the last that changed the engine, or {@code unknown} outside a repository; not the
 *     newest of all, which may be rewritten by a rebase onto others' work on docs and tests
 * @param dirty whether files differ from it
 */
public record GitTree(String commit, boolean dirty) {

  /** The repository that a directory lies in. */
  public static GitTree of(Path directory) throws IOException {
    String commit = git(directory, "log", "-1", "--format=%H", "--", "engine/src/main");
    if (commit.isEmpty()) {
      return new GitTree("unknown", false);
    }
    return new GitTree(commit, !git(directory, "status", "--porcelain").isEmpty());
  }

  private static String git(Path directory, String... arguments) throws IOException {
    String[] command = new String[arguments.length + 1];
    command[0] = "git";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? output : "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while asking git", e);
    }
  }
}
