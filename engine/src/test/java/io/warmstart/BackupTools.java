package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The programs that people copy a root with, as they are installed. */
final class BackupTools {
  private BackupTools() {}

  /** Skips the test, and says why, where a program is not installed. */
  static void assume(String program) {
    boolean installed;
    try {
      installed =
          new ProcessBuilder(program, "--version")
                  .redirectErrorStream(true)
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .start()
                  .waitFor()
              == 0;
    } catch (IOException e) {
      installed = false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    Assumptions.assumeTrue(installed, program + " is not installed");
  }

  /** Runs a program to its end; fails if it does. */
  static void run(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.PIPE)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("does not end: " + List.of(command));
      }
      assertEquals(0, process.exitValue(), () -> List.of(command) + ": " + said);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The contents of one directory into another, as {@code rsync -a} copies them. */
  static void rsync(Path from, Path to, String... options) {
    List<String> command = new ArrayList<>(List.of("rsync", "-a"));
    command.addAll(List.of(options));
    command.add(from + "/");
    command.add(to + "/");
    run(command.toArray(String[]::new));
  }
}
