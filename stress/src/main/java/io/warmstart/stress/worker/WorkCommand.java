package io.warmstart.stress.worker;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.PolicyUse;
import io.warmstart.stress.history.HistoryWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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
  public Integer call() throws IOException, InterruptedException {
    WorkerPlan plan = WorkerPlan.fromJson(planJson);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    AtomicBoolean stopped = new AtomicBoolean();
    if (plan.foreign()) {
      WorkerPlan only = plan.ofThread(0);
      try (HistoryWriter history = new HistoryWriter(Path.of(only.histories()), only.worker())) {
        ForeignWorkload workload = new ForeignWorkload(only, history);
        await(orders, stopped);
        say(DONE + workload.run(() -> !stopped.get()));
        workload.destroyed().forEach(line -> say("destroyed " + line));
      }
      return 0;
    }
    if (!plan.localDirectory().isEmpty()) {
      try (MachineWorkload workload =
          new MachineWorkload(plan, complaint -> say(COMPLAINT + complaint))) {
        await(orders, stopped);
        say(DONE + workload.run(() -> !stopped.get()));
        workload.account().forEach(this::say);
      }
      return 0;
    }
    try (WarmStartStore store = WarmStartStore.open(Path.of(plan.root()), options(plan))) {
      await(orders, stopped);
      say(DONE + work(plan, store, stopped));
    }
    return 0;
  }

  /** All threads' operations; the first of them is this one. */
  private long work(WorkerPlan plan, WarmStartStore store, AtomicBoolean stopped)
      throws IOException, InterruptedException {
    AtomicLong operations = new AtomicLong();
    List<Thread> others = new ArrayList<>();
    for (int thread = 1; thread < plan.threads(); thread++) {
      WorkerPlan its = plan.ofThread(thread);
      others.add(
          new Thread(
              () -> {
                try {
                  operations.addAndGet(workAlone(its, store, stopped));
                } catch (IOException e) {
                  say(COMPLAINT + "the history: " + e);
                }
              },
              "work-" + thread));
    }
    others.forEach(Thread::start);
    WorkerPlan first = plan.ofThread(0);
    operations.addAndGet(workAlone(first, store, stopped));
    for (Thread other : others) {
      other.join();
    }
    return operations.get();
  }

  private long workAlone(WorkerPlan plan, WarmStartStore store, AtomicBoolean stopped)
      throws IOException {
    try (HistoryWriter history = new HistoryWriter(Path.of(plan.histories()), plan.worker())) {
      return new Workload(plan, store, history, complaint -> say(COMPLAINT + complaint))
          .run(() -> !stopped.get());
    }
  }

  private static StoreOptions options(WorkerPlan plan) {
    StoreOptions options =
        StoreOptions.defaults()
            .withSizeBudgetBytes(plan.budgetBytes())
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withDurability(plan.durability())
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
