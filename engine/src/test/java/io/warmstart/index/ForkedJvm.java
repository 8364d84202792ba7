package io.warmstart.index;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A process of its own with a main class of the tests. It and its parent talk in lines: the child's
 * start with a word that says what they are. Closing kills it.
 */
public final class ForkedJvm implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  private final Process process;
  private final BufferedReader lines;

  private ForkedJvm(Process process) {
    this.process = process;
    this.lines = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts a class's main method in a new JVM, with the project's flags and class path. */
  public static ForkedJvm start(Class<?> main, String... arguments) throws IOException {
    return start(projectFlags(), Map.of(), main, arguments);
  }

  /** The same in another locale. */
  public static ForkedJvm startIn(String locale, Class<?> main, String... arguments)
      throws IOException {
    return start(projectFlags(), Map.of("LC_ALL", locale), main, arguments);
  }

  /** The same without the project's flags. */
  public static ForkedJvm startWithoutFlags(Class<?> main, String... arguments) throws IOException {
    return start(List.of(), Map.of(), main, arguments);
  }

  private static List<String> projectFlags() {
    return List.of("@" + System.getProperty("warmstart.test.jvmflags"));
  }

  private static ForkedJvm start(
      List<String> jvmFlags, Map<String, String> environment, Class<?> main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.addAll(
        List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return new ForkedJvm(builder.start());
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
      throw new IOException("the child does not say: " + word, e);
    }
  }

  private String readUntil(String word) throws IOException {
    StringBuilder others = new StringBuilder();
    while (true) {
      @Nullable String line = lines.readLine();
      if (line == null) {
        throw new IOException("the child ended without saying " + word + ":\n" + others);
      }
      if (line.startsWith(word)) {
        return line.substring(word.length()).strip();
      }
      others.append(line).append('\n');
    }
  }

  /** Ends what the child waits for in {@link #awaitParent}. */
  public void tell() throws IOException {
    OutputStream in = process.getOutputStream();
    in.write('\n');
    in.flush();
  }

  public long pid() {
    return process.pid();
  }

  /** Sends SIGKILL and waits for the end. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Waits for the child to end by itself. */
  public int awaitExit() throws InterruptedException, IOException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("the child does not end");
    }
    return process.exitValue();
  }

  /** Sends a signal by its name. */
  public void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException("kill -" + name + " failed");
    }
    if (name.equals("STOP")) {
      awaitState('T');
    }
  }

  private void awaitState(char state) throws IOException {
    Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() - deadline < 0) {
      String text = Files.readString(stat);
      if (text.charAt(text.lastIndexOf(')') + 2) == state) {
        return;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
    throw new IOException("the child does not reach state " + state);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
