package io.warmstart.stress.worker;

import io.warmstart.stress.Main;
import io.warmstart.stress.fork.JavaCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a worker's process is started.
 *
 * @param prefix programs that start it in turn, such as one that makes namespaces
 * @param jvmFlags flags besides those of this JVM
 * @param environment variables besides those of this process
 */
public record Launch(List<String> prefix, List<String> jvmFlags, Map<String, String> environment) {
  /** Flags for processes that live for seconds. */
  public static final List<String> SHORT_LIVED =
      List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");

  /** As this JVM was started, for processes that live for seconds. */
  public static final Launch PLAIN = new Launch(List.of(), SHORT_LIVED, Map.of());

  /** The same through other programs. */
  public Launch through(List<String> programs) {
    return new Launch(programs, jvmFlags, environment);
  }

  /** The same with other flags. */
  public Launch withJvmFlags(List<String> flags) {
    return new Launch(prefix, flags, environment);
  }

  /** The same with other variables. */
  public Launch withEnvironment(Map<String, String> variables) {
    return new Launch(prefix, jvmFlags, variables);
  }

  /** The process of a command of this program. */
  public ProcessBuilder process(List<String> arguments) {
    List<String> java = JavaCommand.of(Main.class, arguments);
    List<String> command = new ArrayList<>(prefix);
    command.add(java.get(0));
    command.addAll(java.subList(1, java.size()));
    command.addAll(prefix.size() + 1 + leadingFlags(java), jvmFlags);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return builder;
  }

  // Later flags win, so ours go after this JVM's and before what tells the program.
  private static int leadingFlags(List<String> java) {
    int flags = 0;
    while (!java.get(flags + 1).equals("-jar") && !java.get(flags + 1).equals("-cp")) {
      flags++;
    }
    return flags;
  }
}
