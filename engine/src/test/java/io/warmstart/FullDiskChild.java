package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Ranking;
import io.warmstart.model.StorageFullException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/** A process that looks up and saves on a disk that may be full, and checks every answer. */
final class FullDiskChild {
  static final int KEYS = 16;
  private static final int THREADS = 2;
  private static final int CHECKS_PER_LINE = 5;

  private final WarmStartStore store;
  private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong checks = new AtomicLong();
  private final AtomicLong full = new AtomicLong();
  private final Map<String, String> versions = new ConcurrentHashMap<>();
  private volatile boolean stopped;

  private FullDiskChild(WarmStartStore store) {
    this.store = store;
  }

  /** In the parent: ends the child, which has failed in nothing; what was acknowledged, by name. */
  static Map<String, String> end(ForkedJvm child, boolean wasFull) throws Exception {
    child.tell();
    assertEquals("failures=[]", child.awaitLine("done"));
    assertTrue(Long.parseLong(child.awaitLine("times")) > 0 || !wasFull);
    Map<String, String> versions = new TreeMap<>();
    int entries = Integer.parseInt(child.awaitLine("entries"));
    for (int each = 0; each < entries; each++) {
      String[] words = child.awaitLine("version").split(" ", -1);
      versions.put(words[0], words[1]);
    }
    return versions;
  }

  /** In the parent: waits until the child has done some work. */
  static void awaitWork(ForkedJvm child, int lines) throws Exception {
    for (int line = 0; line < lines; line++) {
      child.awaitLine("checked");
    }
  }

  static void populate(WarmStartStore store) {
    for (int n = 0; n < KEYS; n++) {
      save(store, name(n), "first");
    }
  }

  private static String name(int n) {
    return "key-" + n;
  }

  private static void save(WarmStartStore store, String name, String version) {
    store.saveOverwrite(
        Payloads.key(name), "r", Versions.payload(version, 300), EntryAttributes.checkpoint());
  }

  public static void main(String[] args) throws Exception {
    FullDiskChild child;
    try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]))) {
      child = new FullDiskChild(store);
      List<Thread> threads = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        threads.add(new Thread(() -> child.work(number)));
      }
      threads.forEach(Thread::start);
      ForkedJvm.awaitParent();
      child.stopped = true;
      for (Thread thread : threads) {
        thread.join();
      }
    }
    // Closed by now: it writes to the root no more.
    System.out.println("done failures=" + child.failures);
    System.out.println("times " + child.full);
    System.out.println("entries " + child.versions.size());
    // What was acknowledged, each line a key and its version.
    child.versions.forEach(
        (name, version) -> System.out.println("version " + name + " " + version));
    ForkedJvm.untilKilled();
  }

  private void work(int thread) {
    for (int n = thread; n < KEYS; n += THREADS) {
      versions.put(name(n), "first");
    }
    for (int round = 0; !stopped; round++) {
      try {
        // No other thread writes to the keys that it looks at.
        String known = name(THREADS * ThreadLocalRandom.current().nextInt(KEYS / THREADS) + thread);
        check(known);
        if (store.lookup(Payloads.key("none " + thread + " " + round)).isPresent()) {
          failures.add("found what was never saved");
        }
        String version = "v" + thread + "-" + round;
        String name = round % 2 == 0 ? known : "new-" + thread + "-" + round;
        try {
          save(store, name, version);
          versions.put(name, version);
        } catch (StorageFullException e) {
          if (full.incrementAndGet() == 1) {
            System.out.println("full");
          }
        }
        check(name);
      } catch (Throwable e) {
        failures.add(onOneLine(e));
      }
      if (checks.incrementAndGet() % CHECKS_PER_LINE == 0) {
        System.out.println("checked");
      }
    }
  }

  private void check(String name) {
    String expected = versions.getOrDefault(name, "none");
    for (Ranking ranking : List.of(Ranking.LOWEST_OBJECTIVE, Ranking.LATEST)) {
      try (Entry entry = store.lookup(Payloads.key(name), ranking).orElse(null)) {
        String found = entry == null ? "none" : Versions.nameOf(entry);
        if (!found.equals(expected)) {
          failures.add(name + ": expected=" + expected + " actual=" + found);
        }
      }
    }
  }

  private static String onOneLine(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace, true));
    return trace.toString().replace("\n", " | ");
  }
}
