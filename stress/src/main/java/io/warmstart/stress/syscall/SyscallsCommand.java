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
 * Counts the system calls of a steady overwrite, in this engine and in the port of the original.
 */
@Command(
    name = "syscalls",
    mixinStandardHelpOptions = true,
    description = "Counts the system calls of a steady overwrite, beside the original's.",
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
    Map<Overwriter.Store, StraceLog> counted = new EnumMap<>(Overwriter.Store.class);
    try {
      Tool.need("strace");
      for (Overwriter.Store store : Overwriter.Store.values()) {
        counted.put(store, count(store, directory));
      }
      print(out, directory, counted);
    } catch (SkippedException e) {
      out.println("syscalls: skipped: " + e.getMessage());
      return SKIPPED;
    } finally {
      delete(directory);
    }
    StraceLog engine =
        counted.getOrDefault(Overwriter.Store.WARMSTART, new StraceLog(Map.of(), Map.of()));
    double each = (double) StraceLog.sum(engine.own()) / overwrites;
    if (each > atMost) {
      out.printf(Locale.ROOT, "too many: at most %.2f wanted%n", atMost);
      return TOO_MANY;
    }
    return 0;
  }

  private StraceLog count(Overwriter.Store store, Path directory)
      throws IOException, InterruptedException {
    Path log = directory.resolve(store + ".strace");
    List<String> command = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", log.toString()));
    command.addAll(
        JavaCommand.of(
            Main.class,
            List.of(
                OverwriteCommand.NAME,
                store.name(),
                directory.resolve(store.name()).toString(),
                Integer.toString(payloadBytes),
                Integer.toString(warmups),
                Integer.toString(overwrites))));
    Tool.Outcome outcome = Tool.attempt(command);
    if (outcome.output().contains("PTRACE") || outcome.output().contains("ptrace(")) {
      throw new SkippedException("strace may not trace here: " + outcome.output());
    }
    if (outcome.status() != 0) {
      throw new IOException("strace: status " + outcome.status() + ": " + outcome.output());
    }
    return StraceLog.read(log);
  }

  private void print(PrintWriter out, Path directory, Map<Overwriter.Store, StraceLog> counted)
      throws IOException, InterruptedException {
    out.printf(
        Locale.ROOT,
        "%d overwrites of %d bytes in one key, after %d; %s%n%n",
        overwrites,
        payloadBytes,
        warmups,
        FileSystemFacts.describe(directory));
    StringBuilder title = new StringBuilder("%-20s".formatted("calls per overwrite"));
    TreeSet<String> names = new TreeSet<>();
    counted.forEach(
        (store, log) -> {
          title.append("%12s".formatted(store.name().toLowerCase(Locale.ROOT)));
          names.addAll(log.own().keySet());
        });
    out.println(title);
    for (String name : names) {
      row(out, name, counted, log -> log.own().getOrDefault(name, 0L));
    }
    row(out, "all", counted, log -> StraceLog.sum(log.own()));
    row(out, "by other threads", counted, log -> StraceLog.sum(log.others()));
  }

  private void row(
      PrintWriter out,
      String name,
      Map<Overwriter.Store, StraceLog> counted,
      ToLongFunction<StraceLog> calls) {
    StringBuilder row = new StringBuilder("%-20s".formatted(name));
    counted
        .values()
        .forEach(
            log ->
                row.append(
                    String.format(
                        Locale.ROOT, "%12.2f", (double) calls.applyAsLong(log) / overwrites)));
    out.println(row);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
