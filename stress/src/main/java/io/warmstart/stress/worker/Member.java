package io.warmstart.stress.worker;

import io.warmstart.stress.fork.Tool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A worker as its crew holds it. <b>Threads:</b> all methods from any. */
public final class Member implements AutoCloseable {
  private static final long START_SECONDS = 300;

  /** The exit status of a process that died by SIGKILL. */
  private static final int KILLED = 128 + 9;

  private final WorkerPlan plan;
  private final Process process;
  private final BlockingQueue<Long> answers = new LinkedBlockingQueue<>();
  private final Thread listener;
  private final Thread errors;
  private final List<String> errorLines = new ArrayList<>();
  private volatile long operations = -1;
  private volatile long jvmPid = -1;
  private volatile @Nullable ProcessHandle jvm;

  Member(WorkerPlan plan, Launch launch, Consumer<String> said) throws IOException {
    this.plan = plan;
    this.process = launch.process(List.of(WorkCommand.NAME, plan.toJson())).start();
    this.listener = new Thread(() -> listen(said), "worker-" + plan.worker());
    this.errors = new Thread(this::collectErrors, "worker-" + plan.worker() + "-errors");
    listener.setDaemon(true);
    errors.setDaemon(true);
    listener.start();
    errors.start();
  }

  /** What it was told to do. */
  public WorkerPlan plan() {
    return plan;
  }

  /** The process that was started; with a launch through other programs, the first of them. */
  public long pid() {
    return process.pid();
  }

  /** The JVM's pid as it sees itself; -1 before it stood ready. Not to send signals to. */
  public long jvmPid() {
    return jvmPid;
  }

  /** Whether it has stood ready, dead or alive now. */
  public boolean stoodReady() {
    return jvmPid >= 0;
  }

  /** Whether it still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits until it stands ready; false if it ended or took too long. */
  public boolean awaitReady() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < deadline) {
      if (answers.poll(20, TimeUnit.MILLISECONDS) != null) {
        return true;
      }
      if (!process.isAlive()) {
        return answers.poll(100, TimeUnit.MILLISECONDS) != null;
      }
    }
    return false;
  }

  /**
   * Whether its clock agrees with this process's: what it reads between two looks at ours lies
   * between them.
   */
  public boolean clockAgrees() throws InterruptedException {
    long before = System.nanoTime();
    order(WorkCommand.CLOCK);
    Long told = answers.poll(20, TimeUnit.MILLISECONDS);
    long deadline = before + TimeUnit.SECONDS.toNanos(START_SECONDS);
    // Its fault point may lie in what its threads do before it is set to work.
    while (told == null && process.isAlive() && System.nanoTime() - deadline < 0) {
      told = answers.poll(20, TimeUnit.MILLISECONDS);
    }
    long after = System.nanoTime();
    return told != null && before <= told && told <= after;
  }

  /** What its process holds now. */
  public Measurement measure() throws IOException, InterruptedException {
    order(WorkCommand.MEASURE);
    Long heapBytes = answers.poll(START_SECONDS, TimeUnit.SECONDS);
    if (heapBytes == null) {
      throw new IOException("does not answer: " + epitaph());
    }
    return Measurement.of(jvmPid, heapBytes >> 10);
  }

  /** Sets it to work. */
  public void go() {
    order(WorkCommand.GO);
  }

  /** Tells it to end after the operation that it is in. */
  public void stop() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // Ended already.
    }
  }

  /** Sends SIGKILL to the process, which may be the program that started the JVM. */
  public void kill() {
    process.toHandle().destroyForcibly();
  }

  /**
   * Sends SIGKILL to the JVM itself; to the process that was started, where no JVM below it has
   * stood ready.
   */
  public void killJvm() {
    ProcessHandle known = jvm;
    (known == null ? process.toHandle() : known).destroyForcibly();
  }

  /** Sends SIGSTOP to the JVM itself; nothing if it has not stood ready, or is dead. */
  public void stopJvm() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Sends SIGCONT to the JVM itself; nothing if it has not stood ready, or is dead. */
  public void continueJvm() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    // Never to a number that is only told: -1 is every process of the machine, and 1, which a
    // worker in a namespace of its own tells, is another's first process here.
    ProcessHandle known = jvm;
    if (known != null && known.isAlive()) {
      Tool.attempt(List.of("kill", "-" + name, Long.toString(known.pid())));
    }
  }

  /** Whether the JVM is dead and its parent has not asked for its exit status. */
  public boolean isZombie() {
    try {
      String status = Files.readString(Path.of("/proc", Long.toString(jvmPid), "stat"));
      return status.substring(status.lastIndexOf(')')).startsWith(") Z");
    } catch (IOException e) {
      return false;
    }
  }

  /** Waits for its end; false if it still runs then. */
  public boolean awaitEnd(long seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      return false;
    }
    listener.join(TimeUnit.SECONDS.toMillis(5));
    return true;
  }

  /** How many operations it says it has done; -1 if it never did say. */
  public long operations() {
    return operations;
  }

  /** Whether it died by SIGKILL; only after its end. */
  public boolean wasKilled() {
    return process.exitValue() == KILLED;
  }

  /** How it ended, for people. */
  public String epitaph() {
    synchronized (errorLines) {
      return "worker %d (pid %d) %s: %s"
          .formatted(
              plan.worker(),
              process.pid(),
              process.isAlive() ? "still runs" : "ended with status " + process.exitValue(),
              String.join(" | ", errorLines));
    }
  }

  @Override
  public void close() {
    process.toHandle().destroyForcibly();
  }

  private void order(String order) {
    try {
      process.getOutputStream().write((order + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      // Ended already, which its end will tell.
    }
  }

  private void listen(Consumer<String> said) {
    try (BufferedReader lines = reader(process.getInputStream())) {
      String line = lines.readLine();
      while (line != null) {
        hear(line, said);
        line = lines.readLine();
      }
    } catch (IOException e) {
      // The pipe ends with the process.
    }
  }

  private void hear(String line, Consumer<String> said) {
    if (line.startsWith(WorkCommand.READY)) {
      int space = line.indexOf(' ', WorkCommand.READY.length());
      long pid = Long.parseLong(line.substring(space + 1));
      jvm =
          Stream.concat(Stream.of(process.toHandle()), process.descendants())
              .filter(each -> each.pid() == pid)
              .findFirst()
              .orElse(null);
      jvmPid = pid;
      answers.add(Long.parseLong(line.substring(WorkCommand.READY.length(), space)));
    } else if (line.startsWith(WorkCommand.HEAP)) {
      answers.add(Long.parseLong(line.substring(WorkCommand.HEAP.length())));
    } else if (line.startsWith(WorkCommand.DONE)) {
      operations = Long.parseLong(line.substring(WorkCommand.DONE.length()));
    } else {
      said.accept(line);
    }
  }

  private void collectErrors() {
    try (BufferedReader lines = reader(process.getErrorStream())) {
      @Nullable String line = lines.readLine();
      while (line != null) {
        synchronized (errorLines) {
          if (errorLines.size() < 20) {
            errorLines.add(line);
          }
        }
        line = lines.readLine();
      }
    } catch (IOException e) {
      // The pipe ends with the process.
    }
  }

  private static BufferedReader reader(InputStream stream) {
    return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
  }
}
