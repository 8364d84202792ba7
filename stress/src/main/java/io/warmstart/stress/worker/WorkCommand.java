package io.warmstart.stress.worker;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.stress.foreign.ForeignWorkload;
import io.warmstart.stress.history.HistoryWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * A worker. Says {@code ready}, its clock and its pid, waits for {@code go}, works until its input
 * ends or it has done what was planned, and says {@code done}. Complaints go out as they arise.
 */
@Command(name = WorkCommand.NAME, hidden = true, description = "A worker of a scenario.")
public final class WorkCommand implements Callable<Integer> {
  static final String NAME = "work";
  static final String READY = "ready ";
  static final String CLOCK = "clock";
  static final String GO = "go";
  static final String MEASURE = "measure";
  static final String HEAP = "heap ";
  static final String DONE = "done ";
  static final String COMPLAINT = "! ";

  @Parameters(paramLabel = "PLAN")
  private String planJson;

  private final PrintStream out = System.out;

  @Override
  public Integer call() throws IOException {
    WorkerPlan plan = WorkerPlan.fromJson(planJson);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    AtomicBoolean stopped = new AtomicBoolean();
    try (HistoryWriter history = new HistoryWriter(Path.of(plan.histories()), plan.worker())) {
      if (plan.foreign()) {
        ForeignWorkload workload = new ForeignWorkload(plan, history);
        await(orders, stopped);
        say(DONE + workload.run(() -> !stopped.get()));
        workload.destroyed().forEach(line -> say("destroyed " + line));
        return 0;
      }
      try (WarmStartStore store = WarmStartStore.open(Path.of(plan.root()), options(plan))) {
        Workload workload =
            new Workload(plan, store, history, complaint -> say(COMPLAINT + complaint));
        await(orders, stopped);
        long operations = workload.run(() -> !stopped.get());
        say(DONE + operations);
      }
    }
    return 0;
  }

  private static StoreOptions options(WorkerPlan plan) {
    StoreOptions options =
        StoreOptions.defaults()
            .withSizeBudgetBytes(plan.budgetBytes())
            .withTtl(Duration.ofSeconds(plan.ttlSeconds()));
    return plan.clockFile().isEmpty()
        ? options
        : options.withClock(SettableClock.at(Path.of(plan.clockFile())));
  }

  /** Answers questions about the clock until told to go; then listens for the end of its input. */
  private void await(BufferedReader orders, AtomicBoolean stopped) throws IOException {
    say(READY + System.nanoTime() + " " + ProcessHandle.current().pid());
    String order = orders.readLine();
    while (CLOCK.equals(order)) {
      say(READY + System.nanoTime() + " " + ProcessHandle.current().pid());
      order = orders.readLine();
    }
    if (!GO.equals(order)) {
      stopped.set(true);
      return;
    }
    Thread listener =
        new Thread(
            () -> {
              try {
                while (orders.readLine() != null) {
                  // The one thing that a worker at work is asked for.
                  System.gc();
                  say(HEAP + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
                }
              } catch (IOException e) {
                // As good as its end.
              }
              stopped.set(true);
            },
            "orders");
    listener.setDaemon(true);
    listener.start();
  }

  private void say(String line) {
    synchronized (out) {
      out.println(line);
      out.flush();
    }
  }
}
