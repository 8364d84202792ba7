package io.warmstart.stress.syscall;

import io.warmstart.stress.Main;
import io.warmstart.stress.fork.JavaCommand;
import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.mount.FileSystemFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Counts the system calls of a steady overwrite, in this engine without and with a remote, and in
 * the port of the original; and of a hit, in this engine.
 */
@Command(
    name = "syscalls",
    mixinStandardHelpOptions = true,
    description = {
      "Counts the system calls of a steady overwrite, beside the original's, and of a hit, without",
      "and with a remote."
    },
    footer = "Exit status: 0 counted, 1 more than --at-most, 2 wrong use, 3 an error, 4 skipped.")
public final class SyscallsCommand implements Callable<Integer> {
  private static final int TOO_MANY = 1;
  private static final int SKIPPED = 4;

  @Option(names = "--overwrites", description = "how many are counted (default: ${DEFAULT-VALUE})")
  private int overwrites = 500;

  @Option(names = "--warmups", description = "how many come before (default: ${DEFAULT-VALUE})")
  private int warmups = 1500;

  @Option(names = "--payload-bytes", description = "of each (default: ${DEFAULT-VALUE})")
  private int payloadBytes = 4096;

  @Option(names = "--hits", description = "how many are counted (default: ${DEFAULT-VALUE})")
  private int hits = 1_000_000;

  @Option(names = "--at-most", description = "fails if an overwrite of this engine makes more")
  private double atMost = Double.MAX_VALUE;

  @Option(names = "--root", description = "where roots are made")
  private @Nullable Path parent;

  @Spec private CommandSpec commandSpec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = commandSpec.commandLine().getOut();
    Path directory =
        parent == null
            ? Files.createTempDirectory("warmstart-syscalls-")
            : Files.createTempDirectory(parent, "warmstart-syscalls-");
    Map<CountedStore.Which, Path> logs = new EnumMap<>(CountedStore.Which.class);
    StraceLog engine;
    try {
      Tool.need("strace");
      for (CountedStore.Which store : CountedStore.Which.values()) {
        logs.put(store, trace(store, directory));
      }
      out.printf(
          Locale.ROOT,
          "%d overwrites of %d bytes in one key, after %d; %d hits; %s%n",
          overwrites,
          payloadBytes,
          warmups,
          hits,
          FileSystemFacts.describe(directory));
      Map<CountedStore.Which, StraceLog> counted = read(logs, StraceLog.Marks.OVERWRITES);
      print(out, "calls per overwrite", counted, overwrites);
      engine = counted.getOrDefault(CountedStore.Which.WARMSTART, StraceLog.NONE);
      logs.keySet().removeIf(each -> !each.countsHits());
      print(out, "calls per hit", read(logs, StraceLog.Marks.HITS), hits);
    } catch (SkippedException e) {
      out.println("syscalls: skipped: " + e.getMessage());
      return SKIPPED;
    } finally {
      delete(directory);
    }
    double each = (double) StraceLog.sum(engine.own()) / overwrites;
    if (each > atMost) {
      out.printf(Locale.ROOT, "too many: at most %.2f wanted%n", atMost);
      return TOO_MANY;
    }
    return 0;
  }

  private Path trace(CountedStore.Which store, Path directory)
      throws IOException, InterruptedException {
    Path log = directory.resolve(store + ".strace");
    List<String> command = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", log.toString()));
    command.addAll(
        JavaCommand.of(
            Main.class,
            List.of(
                CountedCommand.NAME,
                store.name(),
                directory.resolve(store.name()).toString(),
                Integer.toString(payloadBytes),
                Integer.toString(warmups),
                Integer.toString(overwrites),
                Integer.toString(hits))));
    Tool.Outcome outcome = Tool.attempt(command);
    if (outcome.output().contains("PTRACE") || outcome.output().contains("ptrace(")) {
      throw new SkippedException("strace may not trace here: " + outcome.output());
    }
    if (outcome.status() != 0) {
      throw new IOException("strace: status " + outcome.status() + ": " + outcome.output());
    }
    return log;
  }

  private static Map<CountedStore.Which, StraceLog> read(
      Map<CountedStore.Which, Path> logs, StraceLog.Marks marks) throws IOException {
    Map<CountedStore.Which, StraceLog> counted = new EnumMap<>(CountedStore.Which.class);
    for (Map.Entry<CountedStore.Which, Path> each : logs.entrySet()) {
      counted.put(each.getKey(), StraceLog.read(each.getValue(), marks));
    }
    return counted;
  }

  private static void print(
      PrintWriter out, String what, Map<CountedStore.Which, StraceLog> counted, int times) {
    StringBuilder title = new StringBuilder("%n%-20s".formatted(what));
    TreeSet<String> names = new TreeSet<>();
    counted.forEach(
        (store, log) -> {
          title.append("%12s".formatted(store.name().toLowerCase(Locale.ROOT)));
          names.addAll(log.own().keySet());
        });
    out.println(title);
    for (String name : names) {
      row(out, name, counted, times, log -> log.own().getOrDefault(name, 0L));
    }
    row(out, "all", counted, times, log -> StraceLog.sum(log.own()));
    row(out, "by other threads", counted, times, log -> StraceLog.sum(log.others()));
  }

  private static void row(
      PrintWriter out,
      String name,
      Map<CountedStore.Which, StraceLog> counted,
      int times,
      ToLongFunction<StraceLog> calls) {
    StringBuilder row = new StringBuilder("%-20s".formatted(name));
    counted
        .values()
        .forEach(
            log ->
                row.append(
                    String.format(Locale.ROOT, "%12s", each(calls.applyAsLong(log), times))));
    out.println(row);
  }

  /** In few digits, and yet not 0 for what is rare. */
  private static String each(long calls, int times) {
    return String.format(
        Locale.ROOT, calls < times / 100 ? "%.6f" : "%.2f", (double) calls / times);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
