package io.warmstart.recover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.OldEnough;
import io.warmstart.Payloads;
import io.warmstart.RootFiles;
import io.warmstart.SteppedClock;
import io.warmstart.StoreOptions;
import io.warmstart.Versions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.VerifyReport;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A verification takes nothing in the index for wrong that is not. */
@ExtendWith(Seeds.class)
class IndexAuditTest extends CheckedIndex {
  private static final int STEPS = Rounds.times(150);
  private static final int LOOKS = Rounds.times(30);

  /** Whatever our own stores do, the index that they leave is what a scan finds. */
  @Test
  void nothingThatOurOwnStoresDoIsAProblem(Random random) throws Exception {
    SteppedClock clock = new SteppedClock();
    StoreOptions options = ALONE.withClock(clock).withTtl(Duration.ofMinutes(20));
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int step = 0; step < STEPS; step++) {
        ownStep(store, random, clock);
        VerifyReport report = verify(store, random.nextInt(8) == 0);
        String where = "step " + step;
        for (VerifyReport.Problem problem : report.problems()) {
          assertTrue(!problem.kind().equals("index"), () -> where + ": " + problem);
        }
      }
      assertTrue(index().total() >= 0, "counted");
    }
  }

  private void ownStep(WarmStartStore store, Random random, SteppedClock clock) throws IOException {
    Fingerprint key = Payloads.key("key-" + random.nextInt(5));
    clock.advance(Duration.ofSeconds(random.nextInt(30)));
    switch (random.nextInt(12)) {
      case 0 -> store.evictOverflow();
      case 1 -> {
        try (WarmStartStore tight =
            WarmStartStore.open(
                root,
                store
                    .options()
                    .withPolicy(PolicyUse.THIS_STORE_ONLY)
                    .withSizeBudgetBytes(random.nextInt(4000)))) {
          tight.evictOverflow();
        }
      }
      case 2 -> store.flush();
      case 3, 4, 5 ->
          store.lookup(key, RANKINGS.get(random.nextInt(RANKINGS.size()))).ifPresent(Entry::close);
      case 6 -> {
        // Found bad by the next one who reads it, and set aside.
        List<String> whole = new ArrayList<>(RootFiles.read(root).whole.keySet());
        if (!whole.isEmpty()) {
          Path payload = root.resolve(whole.get(random.nextInt(whole.size())) + ".bin");
          byte[] bytes = Files.readAllBytes(payload);
          Files.write(payload, new byte[bytes.length]);
        }
      }
      default ->
          store.saveOverwrite(
              key,
              "run-" + random.nextInt(3),
              Versions.payload("v", random.nextInt(20, 200)),
              EntryAttributes.checkpoint().withObjective(random.nextInt(4)));
    }
  }

  @Test
  void siblingsAtWorkAreNoProblem() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      populate(store);
      for (int thread = 0; thread < 2; thread++) {
        int number = thread;
        threads.add(
            new Thread(
                () -> {
                  Random random = new Random(number);
                  try {
                    while (!done.get()) {
                      Fingerprint key = random.nextBoolean() ? KEY : OTHER;
                      save(store, key, "r" + random.nextInt(6), random.nextInt(3));
                      store.lookup(key).ifPresent(Entry::close);
                      try (WarmStartStore tight =
                          WarmStartStore.open(
                              root,
                              ALONE
                                  .withPolicy(PolicyUse.THIS_STORE_ONLY)
                                  .withSizeBudgetBytes(3000))) {
                        tight.evictOverflow();
                      }
                    }
                  } catch (RuntimeException | Error e) {
                    failures.add(e);
                  }
                }));
      }
      threads.forEach(Thread::start);
      try {
        for (int look = 0; look < LOOKS; look++) {
          VerifyReport report = verify(store, false);
          assertEquals(List.of(), report.problems());
        }
      } finally {
        done.set(true);
        for (Thread thread : threads) {
          thread.join();
        }
      }
      assertEquals(List.of(), failures);
    }
  }

  /** What a store that knows no index does is found by the next scan, and told by nobody before. */
  @Test
  void whatForeignStoresHaveDoneSinceTheScanIsNoProblem() throws IOException {
    StoreOptions options = StoreOptions.defaults();
    Path directory = root.resolve(KEY.toHex());
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      populate(store);
      copyPair(directory, "r1", "foreign");
      assertEquals(List.of(), verify(store, false).problems());

      Files.delete(directory.resolve("r2.json"));
      Files.delete(directory.resolve("r2.bin"));
      Path made = Files.createDirectory(root.resolve(Payloads.key("foreign").toHex()));
      for (String name : List.of("r1.bin", "r1.json")) {
        Files.copy(directory.resolve(name), made.resolve(name));
      }
      assertEquals(List.of(), verify(store, false).problems());

      try (WarmStartStore looking =
          WarmStartStore.open(root, options.withForeignCheckInterval(Duration.ZERO))) {
        OldEnough.await(directory);
        OldEnough.await(made);
        looking.evictOverflow();
        assertEquals(List.of(), verify(store, false).problems());
        index().entryGone(KEY.digest(), "foreign");
        assertTrue(
            verify(store, false).problems().toString().contains("entry foreign"), "scanned since");
      }
    }
  }

  private static void copyPair(Path directory, String from, String to) throws IOException {
    for (String suffix : List.of(".bin", ".json")) {
      Files.copy(
          directory.resolve(from + suffix),
          directory.resolve(to + suffix),
          StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  @Test
  void aKeyThatWasNeverCountedIsNoProblem() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      populate(store);
    }
    for (int round = 0; round < 5; round++) {
      Files.delete(root.resolve(".warmstart/index"));
      try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
        assertEquals(List.of(), verify(store, false).problems());
        // Of this key less is known now than it has.
        save(store, KEY, "r1", 1);
        assertEquals(List.of(), verify(store, false).problems());
      }
    }
  }

  @Test
  void aReadOnlyStoreHasNoIndexToCompare() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      populate(store);
    }
    index().keyBytes(KEY.digest(), 10);
    try (WarmStartStore store = WarmStartStore.open(root, ALONE.withReadOnly(true))) {
      assertTrue(verify(store, false).clean());
    }
  }
}
