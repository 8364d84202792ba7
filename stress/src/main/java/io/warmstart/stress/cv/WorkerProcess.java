package io.warmstart.stress.cv;

import io.warmstart.stress.cv.work.FitTask;
import io.warmstart.stress.cv.work.Worker;
import io.warmstart.stress.cv.work.WorkerMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A worker as its coordinator holds it: the process, and one thread that reads what it tells.
 *
 * <p><b>Threads:</b> all methods from any thread; the two consumers are called by the reading
 * thread.
 */
final class WorkerProcess implements AutoCloseable {
  private static final int ERROR_LINES_KEPT = 20;
  private static final long GRACE_SECONDS = 10;

  private final int number;
  private final Process process;
  private final Deque<String> errorLines = new ArrayDeque<>();
  private final Thread messages;
  private final Thread errors;

  /**
   * Starts the process.
   *
   * @param said called for each message, in order
   * @param ended called once, after the last message, when the process has ended
   */
  WorkerProcess(
      int number,
      List<String> command,
      BiConsumer<WorkerProcess, WorkerMessage> said,
      Consumer<WorkerProcess> ended)
      throws IOException {
    this.number = number;
    this.process = new ProcessBuilder(command).start();
    this.errors = new Thread(this::readErrors, "worker-" + number + "-errors");
    this.messages =
        new Thread(
            () -> {
              readMessages(said);
              ended.accept(this);
            },
            "worker-" + number + "-messages");
    errors.setDaemon(true);
    messages.setDaemon(true);
    errors.start();
    messages.start();
  }

  int number() {
    return number;
  }

  long pid() {
    return process.pid();
  }

  @Override
  public String toString() {
    return "worker " + number + " (pid " + pid() + ")";
  }

  /**
   * Hands over a task. A worker that is already gone is noticed by the end of its messages.
   *
   * @param waits whether it waits a while for another process that is at it
   */
  void assign(FitTask task, boolean waits) {
    String line = task.fold() + " " + task.penalty() + (waits ? Worker.WAIT : "") + "\n";
    try {
      OutputStream input = process.getOutputStream();
      input.write(line.getBytes(StandardCharsets.UTF_8));
      input.flush();
    } catch (IOException e) {
      // The pipe is broken, so the process has ended and says so through the other pipe.
    }
  }

  /** Sends SIGKILL. */
  void kill() {
    // By its handle: Process.destroyForcibly would also close our end of the pipe, and with it go
    // the last messages of the dead.
    process.toHandle().destroyForcibly();
  }

  /** The exit status; only after the process has ended. */
  int exitStatus() {
    return process.exitValue();
  }

  /** How the process ended, for a person: its exit status and the last thing it complained of. */
  String epitaph() {
    synchronized (errorLines) {
      String last = errorLines.isEmpty() ? "" : ": " + errorLines.getLast();
      return process.isAlive()
          ? this + " still runs"
          : this + " ended with exit status " + process.exitValue() + last;
    }
  }

  /** Ends the worker's input, and the worker itself if that does not do. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // Broken already: the process is gone.
    }
    boolean interrupted = false;
    try {
      if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      messages.join();
      errors.join();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void readMessages(BiConsumer<WorkerProcess, WorkerMessage> said) {
    try (BufferedReader reader = reader(process.getInputStream())) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        said.accept(this, WorkerMessage.parse(line));
      }
    } catch (IOException e) {
      // The pipe ends with the process.
    } catch (IllegalArgumentException e) {
      said.accept(this, new WorkerMessage.Failed(String.valueOf(e.getMessage())));
    }
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readErrors() {
    try (BufferedReader reader = reader(process.getErrorStream())) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        synchronized (errorLines) {
          errorLines.addLast(line);
          if (errorLines.size() > ERROR_LINES_KEPT) {
            errorLines.removeFirst();
          }
        }
      }
    } catch (IOException e) {
      // The pipe ends with the process.
    }
  }

  private static BufferedReader reader(InputStream stream) {
    return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
  }
}
