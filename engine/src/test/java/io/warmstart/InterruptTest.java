package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteComparison;
import io.warmstart.model.RemoteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Threads that are being cancelled. That an interrupt before any file operation of a flow costs
 * nothing is tried beside the faults, in {@link FaultMatrix}.
 */
class InterruptTest {
  @TempDir Path work;

  @Test
  void interruptedThreadDoesEverythingAndStaysInterrupted() {
    Thread.currentThread().interrupt();
    Path root = work.resolve("made by an interrupted thread");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertTrue(Thread.currentThread().isInterrupted(), "open");
      FaultScenario.save(store, FaultScenario.KEY, "r", "old", 1);
      FaultScenario.save(store, FaultScenario.KEY, "r", "new", 1);
      assertTrue(Thread.currentThread().isInterrupted(), "save");
      try (Entry entry = store.lookup(FaultScenario.KEY).orElseThrow()) {
        assertEquals("new", Versions.nameOf(entry));
      }
      assertTrue(Thread.currentThread().isInterrupted(), "lookup");
      store.flush();
      assertEquals(0, store.evictOverflow().failures());
      assertTrue(store.repair().clean());
      assertTrue(store.explain(FaultScenario.KEY, Ranking.LATEST).toString().contains("r"));
      assertEquals(1, store.inspect().entries());
      assertTrue(Thread.currentThread().isInterrupted(), "everything else");
    } finally {
      assertTrue(Thread.interrupted(), "close");
    }
  }

  /**
   * A removal synced directories through channels that the interrupt closes: it failed, or removed
   * and said that a power cut may bring it back.
   */
  @ParameterizedTest
  @EnumSource
  void anInterruptedThreadRemoves(Durability durability) {
    StoreOptions options = StoreOptions.defaults().withDurability(durability);
    try (WarmStartStore store = WarmStartStore.open(work, options)) {
      for (String run : List.of("a", "b", "c")) {
        FaultScenario.save(store, FaultScenario.KEY, run, run, 1);
      }
      Thread.currentThread().interrupt();
      assertTrue(store.remove(FaultScenario.KEY, "a"));
      assertEquals(2, store.remove(FaultScenario.KEY));
      assertTrue(Thread.interrupted(), "the interrupt is handed on");
      assertEquals(List.of(), store.contents(FaultScenario.KEY).entries());
    } finally {
      Thread.interrupted();
    }
  }

  /** It said that it was interrupted, and had compared nothing. */
  @Test
  void anInterruptedThreadCompares() throws IOException {
    RemoteOptions remote = RemoteOptions.of(Files.createDirectory(work.resolve("remote")).toUri());
    try (WarmStartStore store = WarmStartStore.open(work.resolve("root"))) {
      FaultScenario.save(store, FaultScenario.KEY, "r", "here alone", 1);
      store.flush();

      Thread.currentThread().interrupt();
      RemoteComparison found = store.compare(remote, Duration.ofMinutes(1));

      assertTrue(Thread.interrupted(), "the interrupt is handed on");
      assertEquals(OptionalLong.of(1), found.dueEntries(), found.toString());
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void threadsThatAreInterruptedAllTheTimeSaveAndReadEveryVersion() throws Exception {
    int threads = 4;
    int saves = 100;
    ExecutorService workers = Executors.newFixedThreadPool(threads);
    List<Thread> running = new ArrayList<>();
    CountDownLatch started = new CountDownLatch(threads);
    AtomicBoolean done = new AtomicBoolean();
    try (WarmStartStore store = WarmStartStore.open(work)) {
      List<Future<?>> results = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        String runId = "r" + thread;
        Fingerprint key = Payloads.key(runId);
        results.add(
            workers.submit(
                () -> {
                  synchronized (running) {
                    running.add(Thread.currentThread());
                  }
                  started.countDown();
                  for (int version = 0; version < saves; version++) {
                    FaultScenario.save(store, key, runId, "v" + version, 1);
                    try (Entry entry = store.lookup(key).orElseThrow()) {
                      assertEquals("v" + version, Versions.nameOf(entry));
                    }
                  }
                }));
      }
      while (started.getCount() > 0) {
        started.await();
      }
      Thread interrupter =
          new Thread(
              () -> {
                while (!done.get()) {
                  synchronized (running) {
                    running.forEach(Thread::interrupt);
                  }
                  Thread.onSpinWait();
                }
              });
      interrupter.start();
      try {
        for (Future<?> result : results) {
          result.get(60, TimeUnit.SECONDS);
        }
      } finally {
        done.set(true);
        interrupter.join();
      }
      assertTrue(store.verify().clean());
    } finally {
      workers.shutdownNow();
    }
  }
}
