package io.warmstart.jmh.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Where and when results were measured: the header of every report. */
public final class Environment {
  private Environment() {}

  /** The facts by name, in the order in which a reader asks for them. */
  public static Map<String, String> describe(GitTree tree) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    facts.put("engine's commit", tree.commit() + (tree.dirty() ? " with uncommitted changes" : ""));
    facts.put("processor", processor() + ", cores=" + Runtime.getRuntime().availableProcessors());
    facts.put("memory", firstLine("/proc/meminfo", "MemTotal"));
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put(
        "jvm",
        System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.runtime.version")
            + " "
            + System.getProperty("java.vendor"));
    return facts;
  }

  /** The load averages of 1, 5 and 15 minutes. */
  public static String load() throws IOException {
    Path file = Path.of("/proc/loadavg");
    if (!Files.exists(file)) {
      return "unknown";
    }
    String[] fields = Files.readString(file).split(" ", -1);
    return fields[0] + " " + fields[1] + " " + fields[2];
  }

  private static String processor() throws IOException {
    String model = firstLine("/proc/cpuinfo", "model name");
    return model.equals("unknown") ? System.getProperty("os.arch") : model;
  }

  private static String firstLine(String file, String name) throws IOException {
    Path path = Path.of(file);
    if (!Files.exists(path)) {
      return "unknown";
    }
    try (Stream<String> lines = Files.lines(path, StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    }
  }
}
