package io.warmstart.stress.cv.work;

import io.warmstart.WarmStartStore;
import io.warmstart.model.StoreException;
import io.warmstart.stress.cv.work.WorkerMessage.Done;
import io.warmstart.stress.cv.work.WorkerMessage.Failed;
import io.warmstart.stress.cv.work.WorkerMessage.Ready;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;

/**
 * The worker process: takes tasks from its standard input, one line {@code FOLD PENALTY} each, does
 * them in that order, but for those that others are at (behind {@code wait} it first waits a second
 * for them), and tells what it does on its standard output. The end of its input is the end of its
 * work, so a worker never outlives its coordinator by more than an iteration.
 */
public final class Worker {
  /** Behind a task that another job was at when it was last asked for. */
  public static final String WAIT = " wait";

  /** Then it asks its coordinator again, who may have something better. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final String END = "";

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final InputStream tasks;
  private final PrintStream messages;
  private volatile boolean ended;

  public Worker(InputStream tasks, PrintStream messages) {
    this.tasks = tasks;
    this.messages = messages;
  }

  /**
   * Works until the input ends.
   *
   * @return whether all went well; if not, the last message says why
   */
  public boolean run(CvSpec spec, Supplier<WarmStartStore> open) {
    Thread reader = new Thread(this::readTasks, "worker-tasks");
    reader.setDaemon(true);
    reader.start();
    try (WarmStartStore store = open.get()) {
      FitRunner runner = new FitRunner(store, new CrossValidation(spec), this::send, () -> ended);
      send(new Ready());
      for (String line = lines.take(); !line.equals(END) && !ended; line = lines.take()) {
        boolean waits = line.endsWith(WAIT);
        FitTask task = parse(waits ? line.substring(0, line.length() - WAIT.length()) : line);
        Optional<FitOutcome> outcome = runner.run(task, waits ? PATIENCE : Duration.ZERO);
        outcome.ifPresent(fitted -> send(new Done(task, fitted)));
      }
      return true;
    } catch (StoreException | IllegalArgumentException | IllegalStateException e) {
      send(new Failed(String.valueOf(e.getMessage())));
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void readTasks() {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(tasks, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      // A pipe that broke is a coordinator that is gone: the same as the end of the input.
    } finally {
      ended = true;
      lines.add(END);
    }
  }

  private static FitTask parse(String line) {
    String[] words = line.split(" ", -1);
    if (words.length != 2) {
      throw new IllegalArgumentException("task: expected=FOLD PENALTY actual=" + line);
    }
    return new FitTask(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
  }

  // One write per line: a line of a worker that is killed arrives whole or not at all.
  private void send(WorkerMessage message) {
    byte[] line = (message.toLine() + "\n").getBytes(StandardCharsets.UTF_8);
    messages.write(line, 0, line.length);
    messages.flush();
  }
}
