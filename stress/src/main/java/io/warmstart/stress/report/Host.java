package io.warmstart.stress.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.stream.Stream;

/**
 * Where and when it was run.
 *
 * @param finished when the report was written, in UTC
 * @param system name and release of the kernel
 * @param processor its model, or the architecture where the kernel does not tell
 * @param processors the processors that this JVM may use
 * @param memory of the machine, or {@code unknown}
 * @param jvm the JVM
 */
public record Host(
    String finished, String system, String processor, int processors, String memory, String jvm) {
  private static final String UNKNOWN = "unknown";

  /** This one, now. */
  public static Host ofThisMachine() throws IOException {
    String model = firstLine("/proc/cpuinfo", "model name");
    return new Host(
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"),
        model.equals(UNKNOWN) ? System.getProperty("os.arch") : model,
        Runtime.getRuntime().availableProcessors(),
        firstLine("/proc/meminfo", "MemTotal"),
        System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.runtime.version")
            + " "
            + System.getProperty("java.vendor"));
  }

  /** Whether another report tells of the same machine and JVM. */
  public boolean isSameMachine(Host other) {
    return equals(
        new Host(
            finished, other.system, other.processor, other.processors, other.memory, other.jvm));
  }

  /** The load averages of 1, 5 and 15 minutes. */
  public static String load() throws IOException {
    Path file = Path.of("/proc/loadavg");
    if (!Files.exists(file)) {
      return UNKNOWN;
    }
    String[] fields = Files.readString(file).split(" ", -1);
    return fields[0] + " " + fields[1] + " " + fields[2];
  }

  private static String firstLine(String file, String name) throws IOException {
    Path path = Path.of(file);
    if (!Files.exists(path)) {
      return UNKNOWN;
    }
    try (Stream<String> lines = Files.lines(path, StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(UNKNOWN);
    }
  }
}
