package io.warmstart.process;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexRoot;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A process that does nothing but what touches the shared file, as fast as it can. */
final class LockHammerChild {
  static final int THREADS = 2;
  private static final int HOLDS_PER_LINE = 500;

  private final IndexRoot root;
  private final AtomicLong holds = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile boolean stopped;

  private LockHammerChild(IndexRoot root) {
    this.root = root;
  }

  public static void main(String[] args) throws Exception {
    try (IndexRoot root = IndexRoot.open(Path.of(args[0]))) {
      LockHammerChild child = new LockHammerChild(root);
      List<Thread> threads = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        threads.add(new Thread(child::hammer));
      }
      threads.forEach(Thread::start);
      ForkedJvm.awaitParent();
      child.stopped = true;
      for (Thread thread : threads) {
        thread.join();
      }
      System.out.println(
          "done failures="
              + child.failures
              + " timeouts="
              + root.counters.own(StoreCounter.LOCK_TIMEOUTS));
      Await.until("it is attached", () -> root.processTable.liveProcesses() > 0);
      System.out.println("live " + root.processTable.liveProcesses());
      ForkedJvm.untilKilled();
    }
  }

  private void hammer() {
    for (int i = 0; !stopped; i++) {
      try (StripeLocks.Hold hold = root.stripes.acquire(IndexRoot.keyOf(i % 300))) {
        hold.countRemoval();
        hold.removals();
        ControlFile controlFile = root.processTable.current();
        if (controlFile != null) {
          root.counters.count(StoreCounter.HITS);
          root.counters.carryOver(controlFile);
          controlFile.sum(StoreCounter.HITS);
        }
      } catch (Throwable e) {
        failures.incrementAndGet();
        e.printStackTrace(System.out);
      }
      if (holds.incrementAndGet() % HOLDS_PER_LINE == 0) {
        System.out.println("held");
      }
    }
  }
}
