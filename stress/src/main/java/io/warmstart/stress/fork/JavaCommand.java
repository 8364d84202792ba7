package io.warmstart.stress.fork;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command that starts this program again in a process of its own, with the flags that this JVM
 * was started with. From the executable jar it uses {@code -jar}, since the exports that the store
 * needs stand in the jar's manifest; in tests and from an IDE they stand among the flags.
 */
public final class JavaCommand {
  /** Names an archive of classes by which the program starts in half the processor time. */
  private static final String ARCHIVE = "warmstart.archive";

  /** Names the jar that the archive was made of. */
  private static final String ARCHIVED = "warmstart.archived";

  private JavaCommand() {}

  /** The command. */
  public static List<String> of(Class<?> mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      // A debugger or profiler belongs to this process; its port is taken.
      if (!flag.startsWith("-agentlib") && !flag.startsWith("-javaagent")) {
        command.add(flag);
      }
    }
    String classPath = System.getProperty("java.class.path");
    String archive = System.getProperty(ARCHIVE, "");
    if (!archive.isEmpty() && Files.exists(Path.of(archive))) {
      command.add("-XX:SharedArchiveFile=" + archive);
      // What a JVM says of an archive it says among our lines: JDK 25 that the exports do not fit,
      // though they do.
      command.add("-Xlog:cds*=off");
      classPath = System.getProperty(ARCHIVED) + File.pathSeparator + classPath;
    }
    if (classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator)) {
      command.add("-jar");
      command.add(classPath);
    } else {
      command.add("-cp");
      command.add(classPath);
      command.add(mainClass.getName());
    }
    command.addAll(arguments);
    return command;
  }
}
