package io.warmstart.stress.worker;

import io.warmstart.stress.frame.Run;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A worker process whose lines are heard as it says them, the other side of its {@link Dialogue}.
 *
 * <p><b>Threads:</b> for the scenario's own; lines are heard by a thread of each process.
 */
public final class HeardProcess implements AutoCloseable {
  private final Run run;
  private final String name;
  private final Process process;
  private final Thread listener;

  /**
   * Starts it.
   *
   * @param run is told if it does not end, or ends badly
   * @param name of what it does, for that
   * @param hear is given each line
   */
  public HeardProcess(Run run, String name, ProcessBuilder builder, Consumer<String> hear)
      throws IOException {
    this.run = run;
    this.name = name;
    this.process = builder.start();
    this.listener = new Thread(() -> listen(hear), name + "-" + process.pid());
    listener.setDaemon(true);
    listener.start();
  }

  private void listen(Consumer<String> hear) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        hear.accept(line);
      }
    } catch (IOException e) {
      // The pipe ends with the process.
    }
  }

  /** Kills it; what it has said before has been heard when this returns. */
  public void kill() throws InterruptedException {
    process.toHandle().destroyForcibly();
    process.waitFor();
    listener.join();
  }

  public void tellToStop() throws IOException {
    process.getOutputStream().close();
  }

  /**
   * Waits for the end of one that was told to stop.
   *
   * @param seconds how long at most; then it is a problem of the run
   */
  public void awaitEnd(long seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      run.problem("does not end: " + name + " " + process.pid());
    } else if (process.exitValue() != 0) {
      run.problem("ended badly: " + name + " with status " + process.exitValue());
    }
    listener.join(TimeUnit.SECONDS.toMillis(seconds));
  }

  /** Kills it without waiting. */
  @Override
  public void close() {
    process.toHandle().destroyForcibly();
  }
}
