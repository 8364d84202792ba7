package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.testing.Await;
import io.warmstart.testing.ForkedClasses;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A process of its own with a main class of the tests. It and its parent talk in lines: the child's
 * start with a word that says what they are. Closing kills it.
 */
public final class ForkedJvm implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  /** How to start one. */
  public static final class Command {
    private final List<String> jvmFlags =
        new ArrayList<>(List.of("-Xmx128m", "-XX:+UseSerialGC", "-Xshare:auto"));
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> prefix = new ArrayList<>();
    private final Class<?> main;
    private final List<String> arguments;
    private boolean projectFlags = true;
    private String flagsFile = System.getProperty("warmstart.test.jvmflags");
    private List<String> classes = ForkedClasses.flags();

    private Command(Class<?> main, String... arguments) {
      this.main = main;
      this.arguments = Arrays.asList(arguments);
    }

    public Command flag(String flag) {
      jvmFlags.add(flag);
      return this;
    }

    /** Without the flags that the project requires. */
    public Command withoutProjectFlags() {
      projectFlags = false;
      return this;
    }

    public Command locale(String locale) {
      environment.put("LC_ALL", locale);
      return this;
    }

    /** Through another command, which gets this one as its last arguments. */
    public Command through(String... command) {
      prefix.addAll(Arrays.asList(command));
      return this;
    }

    /** From copies, for a user to whom the project's own files are closed. */
    public Command from(String copiedClassPath, String copiedFlagsFile) {
      classes = List.of("-cp", copiedClassPath);
      flagsFile = copiedFlagsFile;
      return this;
    }

    public ForkedJvm start() throws IOException {
      List<String> command = new ArrayList<>(prefix);
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      if (projectFlags) {
        command.add("@" + flagsFile);
      }
      command.addAll(jvmFlags);
      command.addAll(classes);
      command.add(main.getName());
      command.addAll(arguments);
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
      return new ForkedJvm(builder.start());
    }
  }

  private final Process process;
  private final BufferedReader lines;
  private final StringBuilder others = new StringBuilder();

  private ForkedJvm(Process process) {
    this.process = process;
    this.lines = process.inputReader(StandardCharsets.UTF_8);
  }

  public static Command command(Class<?> main, String... arguments) {
    return new Command(main, arguments);
  }

  /** Starts a class's main method in a new JVM, with the project's flags and class path. */
  public static ForkedJvm start(Class<?> main, String... arguments) throws IOException {
    return command(main, arguments).flag("-XX:TieredStopAtLevel=1").start();
  }

  /** In the child: stays until killed, or until the parent is gone. */
  public static void untilKilled() throws IOException {
    while (System.in.read() >= 0) {
      // The parent may say what it likes.
    }
  }

  /** In the child: waits for the parent's next line. */
  public static void awaitParent() throws IOException {
    int c = System.in.read();
    while (c >= 0 && c != '\n') {
      c = System.in.read();
    }
  }

  /** Waits for the next line that starts with a word, and returns the rest of it. */
  public String awaitLine(String word) throws IOException, InterruptedException {
    FutureTask<String> reading = new FutureTask<>(() -> readUntil(word));
    Thread thread = new Thread(reading, "forked-jvm-output");
    thread.setDaemon(true);
    thread.start();
    try {
      return reading.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("the child does not say: " + word + "\n" + threads(), e);
    }
  }

  /** What the child said meanwhile, and where its threads are. */
  private String threads() throws IOException, InterruptedException {
    signal(process.pid(), "QUIT");
    Thread.sleep(1000);
    synchronized (others) {
      return others.toString();
    }
  }

  private String readUntil(String word) throws IOException {
    synchronized (others) {
      others.setLength(0);
    }
    while (true) {
      @Nullable String line = lines.readLine();
      if (line == null) {
        throw new IOException("the child ended without saying " + word + ":\n" + others);
      }
      if (line.startsWith(word)) {
        return line.substring(word.length()).strip();
      }
      synchronized (others) {
        others.append(line).append('\n');
      }
    }
  }

  /** Ends what the child waits for in {@link #awaitParent}. */
  public void tell() throws IOException {
    OutputStream in = process.getOutputStream();
    in.write('\n');
    in.flush();
  }

  /** Sends SIGKILL and waits for the end. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Sends SIGTERM and waits for the end. */
  public void terminate() throws IOException, InterruptedException {
    // Not Process.destroy, which closes what the child reads from.
    signal(process.pid(), "TERM");
    awaitEnd();
  }

  /** Waits until the process has ended by itself. */
  public void awaitEnd() throws InterruptedException {
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "it does not end");
  }

  /** Stops the process, and waits until it has stopped. */
  public void stop() throws IOException, InterruptedException {
    signal(process.pid(), "STOP");
    awaitState(process.pid(), 'T');
  }

  /** Lets a stopped process go on. */
  public void goOn() throws IOException, InterruptedException {
    signal(process.pid(), "CONT");
  }

  /**
   * Sends a signal to a process; none below 2, which would be to the machine's first, or to all.
   */
  public static void signal(long pid, String name) throws IOException, InterruptedException {
    if (pid < 2) {
      throw new IllegalArgumentException("no process to send a signal to: " + pid);
    }
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
    if (kill.waitFor() != 0) {
      throw new IOException("kill -" + name + " failed");
    }
  }

  /** Waits until the kernel says that a process is in a state, such as T or Z. */
  public static void awaitState(long pid, char state) throws IOException {
    Path stat = Path.of("/proc", Long.toString(pid), "stat");
    Await.until(
        "the child is in state " + state,
        () -> {
          String text = Files.readString(stat);
          return text.charAt(text.lastIndexOf(')') + 2) == state;
        });
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
