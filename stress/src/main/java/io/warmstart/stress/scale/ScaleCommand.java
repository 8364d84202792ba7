package io.warmstart.stress.scale;

import io.warmstart.stress.Main;
import io.warmstart.stress.fork.JavaCommand;
import io.warmstart.stress.frame.Trees;
import io.warmstart.stress.mount.FileSystemFacts;
import io.warmstart.stress.report.Host;
import io.warmstart.stress.report.SourceTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures what grows with a root's entries, a key's runs, the processes and a payload. */
@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    description = {
      "Measures how operations grow with the entries of a root, the runs of a key, the processes",
      "and the size of a payload, and checks what they answer."
    },
    footer = "Exit status: 0 measured, 2 wrong use, 3 an error or a wrong answer.")
public final class ScaleCommand implements Callable<Integer> {
  /** A JVM that starts takes a processor for a second. */
  private static final int STARTED_AT_ONCE = 8;

  @Option(names = "--entries", split = ",", description = "sizes (default: ${DEFAULT-VALUE})")
  private List<Long> entries = List.of(1_000L, 10_000L, 100_000L, 1_000_000L);

  @Option(names = "--runs", split = ",", description = "sizes (default: ${DEFAULT-VALUE})")
  private List<Long> runs = List.of(10L, 100L, 1_000L, 10_000L);

  @Option(names = "--processes", split = ",", description = "sizes (default: ${DEFAULT-VALUE})")
  private List<Long> processes = List.of(1L, 4L, 16L, 64L);

  @Option(names = "--payload", split = ",", description = "MiB (default: ${DEFAULT-VALUE})")
  private List<Long> payload = List.of(64L, 512L, 2_048L, 4_096L);

  @Option(names = "--root", description = "where roots are made")
  private @Nullable Path parent;

  @Option(names = "--output", description = "where scale.json, scale.md and plots are written")
  private @Nullable Path output;

  @Spec private CommandSpec commandSpec;
  private final List<Figure> figures = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path directory =
        parent == null
            ? Files.createTempDirectory("warmstart-scale-")
            : Files.createTempDirectory(parent, "warmstart-scale-");
    Map<String, String> environment = new LinkedHashMap<>();
    try {
      Host host = Host.ofThisMachine();
      environment.put("commit", SourceTree.commit().orElse("unknown"));
      environment.put("system", host.system() + ", processors=" + host.processors());
      environment.put("jvm", host.jvm() + ", C1 only, serial collector, small heaps");
      environment.put("file system", FileSystemFacts.describe(directory));
      environment.put("load before", Host.load());
      measure(Aspect.ENTRIES, entries, directory, environment);
      measure(Aspect.RUNS, runs, directory, environment);
      measure(Aspect.PROCESSES, processes, directory, environment);
      measure(Aspect.PAYLOAD, payload, directory, environment);
    } finally {
      Trees.remove(directory);
    }
    commandSpec.commandLine().getOut().print(new ScaleReport(environment, figures).markdown());
    commandSpec.commandLine().getOut().flush();
    return 0;
  }

  /** Measures one aspect, and writes what there is then: a failure of the next takes none of it. */
  private void measure(
      Aspect aspect, List<Long> sizes, Path directory, Map<String, String> environment)
      throws IOException, InterruptedException {
    for (long size : sizes) {
      Path root = Files.createDirectory(directory.resolve(aspect + "-" + size));
      if (aspect == Aspect.ENTRIES) {
        ScaledRoot.write(root, size / ScaledCommand.RUNS_OF_A_KEY, ScaledCommand.RUNS_OF_A_KEY);
      } else if (aspect == Aspect.RUNS) {
        ScaledRoot.write(root, 1, Math.toIntExact(size));
      }
      int members = aspect == Aspect.PROCESSES ? Math.toIntExact(size) : 1;
      List<Figure> said = run(aspect, root, size, members);
      figures.addAll(ScaleReport.medians(said));
      Trees.remove(root);
    }
    environment.put("load after", Host.load());
    environment.put("finished", Host.ofThisMachine().finished());
    if (output != null) {
      new ScaleReport(environment, figures).write(output);
    }
  }

  /** Has processes say their figures; where they are many, in step with one another. */
  private static List<Figure> run(Aspect aspect, Path root, long size, int members)
      throws IOException, InterruptedException {
    List<Process> started = new ArrayList<>();
    List<BufferedReader> lines = new ArrayList<>();
    List<Figure> said = new ArrayList<>();
    try {
      for (int member = 0; member < members; member++) {
        Process process = start(aspect, root, size, member);
        started.add(process);
        lines.add(
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
        if (member >= STARTED_AT_ONCE) {
          hear(lines.get(member - STARTED_AT_ONCE), ScaledCommand.OPEN, said);
        }
      }
      if (aspect == Aspect.PROCESSES) {
        for (int member = Math.max(0, members - STARTED_AT_ONCE); member < members; member++) {
          hear(lines.get(member), ScaledCommand.OPEN, said);
        }
        goOn(started);
        for (BufferedReader each : lines) {
          hear(each, ScaledCommand.DONE, said);
        }
        goOn(started);
      }
      for (int member = 0; member < members; member++) {
        String others = hear(lines.get(member), "", said);
        Process process = started.get(member);
        if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
          throw new IOException("a process failed: " + aspect + " " + size + ": " + others);
        }
      }
    } finally {
      started.forEach(Process::destroyForcibly);
    }
    return said;
  }

  private static void goOn(List<Process> started) throws IOException {
    for (Process each : started) {
      each.getOutputStream().write('\n');
      each.getOutputStream().flush();
    }
  }

  private static Process start(Aspect aspect, Path root, long size, int member) throws IOException {
    List<String> command =
        JavaCommand.of(
            Main.class,
            List.of(
                ScaledCommand.NAME,
                aspect.name(),
                root.toString(),
                Long.toString(size),
                Integer.toString(member)));
    command.addAll(1, aspect.flags());
    command.addAll(1, List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** Hears figures until a line, or the end; returns what else was said. */
  private static String hear(BufferedReader lines, String until, List<Figure> said)
      throws IOException {
    StringBuilder others = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (Figure.isIn(line)) {
        said.add(Figure.of(line));
      } else if (line.equals(until)) {
        return others.toString();
      } else {
        others.append(line).append('\n');
      }
    }
    if (!until.isEmpty()) {
      throw new IOException("a process ended before all were " + until + ": " + others);
    }
    return others.toString();
  }
}
