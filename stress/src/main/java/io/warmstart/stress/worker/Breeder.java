package io.warmstart.stress.worker;

import io.warmstart.stress.frame.Run;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The process that forks workers ({@link BreedCommand}), as seen from the harness.
 *
 * <p><b>Threads:</b> one.
 */
public final class Breeder implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 300;

  /**
   * Room for all that a child allocates, since nothing collects its garbage, and not much more: a
   * fork copies the table of all pages.
   */
  private static final List<String> FLAGS =
      List.of(
          "-Xms96m",
          "-Xmx96m",
          "-Xmn48m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:GuaranteedSafepointInterval=0");

  private final Run run;
  private final Process process;
  private final CompletableFuture<Boolean> ready = new CompletableFuture<>();
  private final Map<Integer, Child> expected = new ConcurrentHashMap<>();
  private final Map<Long, Child> living = new ConcurrentHashMap<>();
  private final Map<Long, Integer> diedAtOnce = new ConcurrentHashMap<>();

  /** A forked worker, or one that is about to be forked. */
  public static final class Child {
    private final CompletableFuture<Optional<ProcessHandle>> process = new CompletableFuture<>();
    private final CompletableFuture<Integer> death = new CompletableFuture<>();
    private volatile long bornNanos;

    /** Whether it has been forked. */
    public boolean isBorn() {
      return process.isDone();
    }

    /** When it was told to be born, as of {@link System#nanoTime()}; only if it was. */
    public long bornNanos() {
      return bornNanos;
    }

    /** Whether it has not been seen to be dead yet. */
    public boolean isAlive() {
      return !death.isDone();
    }

    /** The signal that it died by; -1 if by none. Only once it is dead. */
    public int signal() {
      return death.getNow(-1);
    }

    /** Sends SIGKILL; only to one that was born. */
    public void kill() {
      process.join().ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /** Starts it and waits until it has warmed up. */
  public Breeder(Run run, Path shim) throws IOException, InterruptedException {
    this.run = run;
    this.process =
        Launch.PLAIN
            .withJvmFlags(FLAGS)
            .withEnvironment(Map.of("LD_PRELOAD", shim.toString()))
            .process(
                List.of(
                    BreedCommand.NAME,
                    run.freshDirectory("breeder").toString(),
                    run.options().durability().name()))
            .redirectErrorStream(true)
            .start();
    Thread listener = new Thread(this::listen, "breeder");
    listener.setDaemon(true);
    listener.start();
    await(ready, "to be ready");
  }

  /**
   * Has a worker forked, which goes to work at once.
   *
   * @param faultPoint of the worker; empty if it has none
   */
  public Child fork(WorkerPlan plan, String faultPoint) throws IOException {
    Child child = new Child();
    expected.put(plan.worker(), child);
    process
        .getOutputStream()
        .write((faultPoint + "\t" + plan.toJson() + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    return child;
  }

  private static <T> T await(CompletableFuture<T> future, String what)
      throws IOException, InterruptedException {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the process that forks was expected " + what, e);
    }
  }

  private void listen() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        hear(line);
        line = lines.readLine();
      }
    } catch (IOException e) {
      // The pipe ends with the last who writes to it.
    }
    ready.completeExceptionally(new IOException("ended"));
  }

  private void hear(String line) {
    if (line.startsWith(BreedCommand.READY)) {
      ready.complete(true);
    } else if (line.startsWith(BreedCommand.BORN)) {
      String[] words = line.split(" ", -1);
      Child child = expected.remove(Integer.parseInt(words[1]));
      if (child != null) {
        long pid = Long.parseLong(words[2]);
        child.bornNanos = System.nanoTime();
        // Not the number alone, which may be another's by the time that it is killed.
        child.process.complete(ProcessHandle.of(pid));
        // Who dies at once may be told dead before it is told born; and pids come round.
        Integer signal = diedAtOnce.remove(pid);
        if (signal == null) {
          living.put(pid, child);
        } else {
          child.death.complete(signal);
        }
      }
    } else if (line.startsWith(BreedCommand.DEAD)) {
      String[] words = line.split(" ", -1);
      long pid = Long.parseLong(words[1]);
      int signal = Integer.parseInt(words[2]);
      Child child = living.remove(pid);
      if (child == null) {
        diedAtOnce.put(pid, signal);
      } else {
        child.death.complete(signal);
      }
    } else if (line.startsWith(WorkCommand.COMPLAINT)) {
      run.problem(line.substring(WorkCommand.COMPLAINT.length()));
    } else {
      run.say("the process that forks: " + line);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
