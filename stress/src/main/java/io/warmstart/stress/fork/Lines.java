package io.warmstart.stress.fork;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A process that speaks in lines until it ends. */
public final class Lines {
  private Lines() {}

  /**
   * Runs a process to its end and hands over each line of both its streams.
   *
   * @return its exit status
   */
  public static int of(ProcessBuilder builder, Consumer<String> hear)
      throws IOException, InterruptedException {
    Process process = builder.redirectErrorStream(true).start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        hear.accept(line);
        line = lines.readLine();
      }
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new IOException("has closed its streams and does not end: " + builder.command());
      }
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }
}
