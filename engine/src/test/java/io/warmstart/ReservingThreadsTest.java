package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several threads that reserve, and commit or abort in any order. */
@ExtendWith(Seeds.class)
class ReservingThreadsTest extends ReservedSaveFixture {
  /** One thread's reservations, committed and aborted in any order, and what must be found. */
  private static final class Worker {
    private final WarmStartStore store;
    private final Random random;
    private final int number;
    private final Map<String, String> latest = new HashMap<>();
    private int versions;

    Worker(WarmStartStore store, Random random, int number) {
      this.store = store;
      this.random = random;
      this.number = number;
    }

    private static final class Open {
      private final Reservation reservation;
      private final String run;
      private final String version;

      Open(Reservation reservation, String run, String version) {
        this.reservation = reservation;
        this.run = run;
        this.version = version;
      }
    }

    @Nullable Void run() {
      for (int round = 0; round < 60; round++) {
        List<Open> open = new ArrayList<>();
        for (int count = random.nextInt(5); count >= 0; count--) {
          String run = "w" + number + "r" + random.nextInt(3);
          String version = run + "v" + versions++;
          int length = 100 + random.nextInt(40_000);
          Reservation reservation = store.reserveOverwrite(KEY, run, length, CHECKPOINT);
          reservation.buffer().putBytes(0, Versions.payload(version, length));
          open.add(new Open(reservation, run, version));
          if (random.nextInt(3) == 0) {
            store.saveOverwrite(KEY, run, Versions.payload(version + "s", 500), CHECKPOINT);
            latest.put(run, version + "s");
          }
        }
        Collections.shuffle(open, random);
        for (Open each : open) {
          if (random.nextInt(3) == 0) {
            each.reservation.close();
          } else {
            each.reservation.commit();
            latest.put(each.run, each.version);
          }
          check(store, each.run);
        }
      }
      return null;
    }

    private void check(WarmStartStore in, String run) {
      String found = Versions.found(in.lookup(KEY, run), "none");
      assertEquals(latest.getOrDefault(run, "none"), found);
    }

    private void checkAll(WarmStartStore in) {
      latest.keySet().forEach(run -> check(in, run));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POWER_SAFE", "PROCESS_SAFE"})
  void manyThreadsCommitInAnyOrder(Durability durability, Random random) throws Exception {
    List<Worker> workers = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (WarmStartStore store = open(durability)) {
      warmUp(store);
      List<Future<?>> running = new ArrayList<>();
      for (int number = 0; number < 3; number++) {
        Worker worker = new Worker(store, new Random(random.nextLong()), number);
        workers.add(worker);
        running.add(threads.submit(worker::run));
      }
      for (Future<?> each : running) {
        each.get();
      }
      try (WarmStartStore reader = openReadOnly()) {
        workers.forEach(worker -> worker.checkAll(reader));
      }
      store.flush();
      workers.forEach(worker -> worker.checkAll(store));
    } finally {
      threads.shutdownNow();
    }
    assertEquals(List.of(), segments());
    try (WarmStartStore store = open(Durability.IN_FILES)) {
      workers.forEach(worker -> worker.checkAll(store));
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
      assertEquals(0, store.stats().count(StoreCounter.JOURNAL_FAILURES));
    }
  }
}
