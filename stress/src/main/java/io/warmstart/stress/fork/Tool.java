package io.warmstart.stress.fork;

import io.warmstart.stress.frame.SkippedException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The host's own programs. */
public final class Tool {
  private Tool() {}

  /**
   * What a program did.
   *
   * @param status its exit status
   * @param output both its streams
   */
  public record Outcome(int status, String output) {}

  /** Runs a program to its end. */
  public static Outcome attempt(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    return new Outcome(process.waitFor(), output);
  }

  /**
   * Runs a program that has to succeed.
   *
   * @return what it printed
   */
  public static String run(String... command) throws IOException, InterruptedException {
    Outcome outcome = attempt(List.of(command));
    if (outcome.status() != 0) {
      throw new IOException(
          String.join(" ", command) + ": status " + outcome.status() + ": " + outcome.output());
    }
    return outcome.output();
  }

  /** Where a program is, if the host has it. */
  public static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin";
    for (String directory : path.split(File.pathSeparator, -1)) {
      Path program = Path.of(directory.isEmpty() ? "." : directory, name);
      if (Files.isExecutable(program) && Files.isRegularFile(program)) {
        return Optional.of(program);
      }
    }
    return Optional.empty();
  }

  /** Skips the scenario unless the host has the programs. */
  public static void need(String... names) {
    for (String name : names) {
      if (find(name).isEmpty()) {
        throw new SkippedException("needs the program " + name);
      }
    }
  }

  /** Skips the scenario unless it runs as root. */
  public static void needRoot() {
    if (!"root".equals(System.getProperty("user.name"))) {
      throw new SkippedException("needs root");
    }
  }
}
