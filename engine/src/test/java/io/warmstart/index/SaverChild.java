package io.warmstart.index;

import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Await;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A process whose threads save and look up until told to stop, each on runs of its own. */
public final class SaverChild {
  public static final int THREADS = 2;
  public static final int KEYS = 3;
  private static final int SAVES_PER_LINE = 16;

  private final WarmStartStore store;
  private final String process = "p" + ProcessHandle.current().pid();
  private final AtomicLong saves = new AtomicLong();
  private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong slowestNanos = new AtomicLong();
  private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
  private volatile boolean stopped;

  private SaverChild(WarmStartStore store) {
    this.store = store;
  }

  public static void main(String[] args) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]))) {
      SaverChild child = new SaverChild(store);
      List<Thread> threads = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        threads.add(new Thread(() -> child.save(number)));
      }
      threads.forEach(Thread::start);
      ForkedJvm.awaitParent();
      child.stopped = true;
      for (Thread thread : threads) {
        thread.join();
      }
      // A directory that was deleted takes the last second with it, if its process is killed then.
      store.flush();
      System.out.println("done failures=" + child.failures);
      System.out.println("slowest " + TimeUnit.NANOSECONDS.toMillis(child.slowestNanos.get()));
      child.acknowledged.forEach(
          (entry, version) -> System.out.println("acknowledged " + entry + " " + version));
      ForkedJvm.awaitParent();
      Await.answer(2, () -> store.stats().liveProcesses());
      System.out.println("live " + store.stats().liveProcesses());
      ForkedJvm.untilKilled();
    }
  }

  private void save(int thread) {
    String runId = process + "-" + thread;
    for (int version = 0; !stopped; version++) {
      // Keys of both threads and both processes, so that they wait for each other's stripes.
      Fingerprint key = new Fingerprinter().absorbLong("key", version % KEYS).finish();
      byte[] payload = (runId + ":" + version).getBytes(StandardCharsets.UTF_8);
      long begin = System.nanoTime();
      try {
        EntryAttributes attributes = EntryAttributes.checkpoint().withIteration(version);
        store.saveOverwrite(key, runId, payload, attributes);
        acknowledged.put(key.toHex() + " " + runId, version);
        try (Entry entry = store.lookup(key, Ranking.LATEST).orElseThrow()) {
          entry.payload().getByte(0);
        }
      } catch (Throwable e) {
        failures.add(onOneLine(e));
      }
      slowestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
      if (saves.incrementAndGet() % SAVES_PER_LINE == 0) {
        System.out.println("saved");
      }
    }
  }

  /** For the parent, which reads lines. */
  static String onOneLine(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace, true));
    return trace.toString().replace("\n", " | ");
  }
}
