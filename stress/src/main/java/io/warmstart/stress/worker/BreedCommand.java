package io.warmstart.stress.worker;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Durability;
import io.warmstart.model.PolicyUse;
import io.warmstart.stress.history.HistoryWriter;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * A JVM that knows its work and forks a worker for each line that it is told: a fault point, a tab,
 * a plan. The child is a process of its own, with its own pid, its own store and its own locks of
 * the kernel (which nobody inherits), at a hundredth of what a JVM costs to start. It will die by
 * SIGKILL, and nothing else can become of it.
 *
 * <p>Of the parent's threads only the one that forks lives on in the child: nothing collects
 * garbage there, nothing compiles, and what needs a safepoint waits for ever, until its killer
 * comes. So the parent has warmed up, the young generation holds all that a child will ever
 * allocate, and the parent has no store open when it forks.
 */
@Command(name = BreedCommand.NAME, hidden = true, description = "Forks workers that will die.")
public final class BreedCommand implements Callable<Integer> {
  static final String NAME = "breed";
  static final String READY = "ready";
  static final String BORN = "born ";

  /** What the shim says when a child has died: its pid, and by which signal. */
  static final String DEAD = "dead ";

  /** As in the shim. */
  private static final String FORK = "/.warmstart-fork:";

  /** What a store may need a class of, in the middle of what is rare. */
  private static final List<String> LIBRARIES =
      List.of("io/warmstart/", "org/agrona/", "com/fasterxml/", "net/openhft/");

  private static final long WARM_UP_OPERATIONS = 400;
  private static final int ENTROPY_BETWEEN_CHILDREN = 4096;

  private final PrintStream out = System.out;
  private final SecureRandom random = new SecureRandom();

  @Parameters(index = "0", paramLabel = "DIRECTORY")
  private Path directory;

  @Parameters(index = "1", paramLabel = "DURABILITY")
  private Durability durability;

  @Override
  public Integer call() throws IOException {
    int missing = LoadedClasses.loadAll(LIBRARIES);
    warmUp();
    System.gc();
    say(READY + " without " + missing + " classes");
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = orders.readLine();
    while (line != null) {
      int tab = line.indexOf('\t');
      WorkerPlan plan = WorkerPlan.fromJson(line.substring(tab + 1));
      // Children that start from one state of the generator would call different things by one
      // name, which two processes that have started by themselves never do.
      random.nextBytes(new byte[ENTROPY_BETWEEN_CHILDREN]);
      long child = fork(line.substring(0, tab));
      if (child == 0) {
        live(plan);
      }
      say(BORN + plan.worker() + " " + child);
      line = orders.readLine();
    }
    return 0;
  }

  private static long fork(String faultPoint) throws IOException {
    try (FileInputStream told = new FileInputStream(FORK + faultPoint)) {
      byte[] digits = new byte[32];
      return Long.parseLong(new String(digits, 0, told.read(digits), StandardCharsets.US_ASCII));
    }
  }

  /** The child's whole life. */
  private void live(WorkerPlan plan) {
    try {
      work(plan);
    } catch (IOException | RuntimeException | Error e) {
      say(WorkCommand.COMPLAINT + "a forked worker: " + e);
    }
    while (true) {
      try {
        Thread.sleep(1_000);
      } catch (InterruptedException e) {
        // Only death ends it.
      }
    }
  }

  private void work(WorkerPlan plan) throws IOException {
    WorkerPlan only = plan.ofThread(0);
    StoreOptions options =
        StoreOptions.defaults()
            .withSizeBudgetBytes(plan.budgetBytes())
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withDurability(plan.durability())
            .withTtl(Duration.ZERO);
    try (HistoryWriter history = new HistoryWriter(Path.of(only.histories()), only.worker());
        WarmStartStore store = WarmStartStore.open(Path.of(plan.root()), options)) {
      new Workload(only, store, history, complaint -> say(WorkCommand.COMPLAINT + complaint))
          .run(() -> true);
    }
  }

  /** Everything once, so that a child finds classes loaded and code compiled. */
  private void warmUp() throws IOException {
    for (int round = 0; round < 3; round++) {
      Path scratch = Files.createDirectories(directory.resolve("warm-up-" + round));
      WorkerPlan plan =
          WorkerPlan.of(0, scratch.resolve("root").toString(), scratch.toString(), round, Mix.ALL)
              .withMostOperations(WARM_UP_OPERATIONS)
              .withDurability(durability)
              .withBudgetBytes(round == 0 ? 1L << 40 : 12_000);
      work(plan);
    }
  }

  private void say(String line) {
    out.print(line + "\n");
    out.flush();
  }
}
