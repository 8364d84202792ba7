package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Digest256;
import io.warmstart.index.IndexPatch;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A verification compares the index with the files, and takes nothing for wrong that is not. */
@ExtendWith(Seeds.class)
class IndexCheckTest {
  private static final StoreOptions ALONE =
      StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(100 * 365));
  private static final Fingerprint KEY = Payloads.key("first");
  private static final Fingerprint OTHER = Payloads.key("second");
  private static final Fingerprint NOWHERE = Payloads.key("nowhere");
  private static final List<Ranking> RANKINGS = List.of(Ranking.values());
  private static final int MOST_ATTEMPTS = 20;

  @TempDir Path parent;
  private Path root;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(parent.resolve("root")).toRealPath();
  }

  private IndexPatch index() throws IOException {
    return IndexPatch.of(root.resolve(".warmstart"));
  }

  private static VerifyReport verify(WarmStartStore store, boolean repair) {
    return store.verify(repair, (done, total) -> {});
  }

  private static void save(WarmStartStore store, Fingerprint key, String runId, double objective) {
    store.saveOverwrite(
        key, runId, new byte[100], EntryAttributes.checkpoint().withObjective(objective));
  }

  /** Two keys with two entries each, all counted; the winners of the first in the index. */
  private void populate(WarmStartStore store) throws IOException {
    for (Fingerprint key : List.of(KEY, OTHER)) {
      save(store, key, "r1", 1);
      save(store, key, "r2", 2);
    }
    store.lookup(KEY).ifPresent(Entry::close);
    store.flush();
    store.evictOverflow();
    awaitWinners(store);
    assertEquals(List.of(), verify(store, false).problems());
  }

  /** On a busy machine a stripe is not always to be had at once, and then nothing is stored. */
  private void awaitWinners(WarmStartStore store) throws IOException {
    OldEnough.await(root.resolve(KEY.toHex()));
    OldEnough.await(root);
    boolean all = false;
    for (int attempt = 0; attempt < MOST_ATTEMPTS && !all; attempt++) {
      all = true;
      for (Ranking ranking : RANKINGS) {
        store.lookup(KEY, ranking).ifPresent(Entry::close);
        assertTrue(store.lookup(NOWHERE, ranking).isEmpty());
      }
      for (Ranking ranking : RANKINGS) {
        all &= index().hasWinner(KEY.digest(), ranking.place());
        all &= index().hasWinner(NOWHERE.digest(), ranking.place());
      }
    }
    assertTrue(all, "winners");
  }

  /** Changes something in the index, or in the files beside it. */
  interface Damage {
    void strike(IndexPatch index, Path root) throws IOException;
  }

  /** One kind of damage, and what a verification says of it. */
  record Case(String name, Damage damage, String told) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> damages() {
    Digest256 key = KEY.digest();
    Digest256 nowhere = NOWHERE.digest();
    Map<String, Case> all = new TreeMap<>();
    List.of(
            new Case(
                "entry of another size",
                (index, root) -> index.entryBytes(key, "r1", 7),
                "entry r1 bytes: expected="),
            new Case(
                "entry missing",
                (index, root) -> index.entryGone(key, "r2"),
                "entry r2: expected=recorded actual=none"),
            new Case(
                "entry of nobody",
                (index, root) -> index.entryOfNobody(key, "r3"),
                "entry r3: expected=none actual=recorded"),
            new Case(
                "entry of nobody, with a long name",
                (index, root) -> index.entryOfNobody(key, "r".repeat(100)),
                "entry of an unknown run: expected=none actual=recorded"),
            new Case(
                "entry of a key without files",
                (index, root) -> index.entryOfNobody(nowhere, "r1"),
                "key=" + nowhere.toHex() + " entry r1: expected=none actual=recorded"),
            new Case(
                "entry used too early",
                (index, root) -> index.entryLastUse(key, "r1", 5),
                "entry r1 last use: expected>="),
            new Case(
                "entry never accessed",
                (index, root) -> index.entryAccessed(key, "r1", false),
                "entry r1 accessed: expected=true actual=false"),
            new Case(
                "key of another size",
                (index, root) -> index.keyBytes(key, 10),
                "key=" + key.toHex() + " bytes: expected="),
            new Case(
                "key without files",
                (index, root) -> index.keyBytes(nowhere, 10),
                "key=" + nowhere.toHex() + " bytes: expected=0 actual=10"),
            new Case(
                "key without its check",
                (index, root) -> index.keyBytesWithoutCheck(key),
                "key=" + key.toHex() + " bytes: expected=a number with its check"),
            new Case("sum", (index, root) -> index.stripeBytes(key, -1), "stripe="),
            new Case(
                "sum without its check",
                (index, root) -> index.stripeBytesWithoutCheck(key),
                "actual=a number without its check"),
            new Case(
                "quarantine",
                (index, root) -> index.quarantineBytes(99),
                "quarantine bytes: expected=0 actual=99"),
            new Case(
                "winner",
                (index, root) -> index.winner(key, 1, 77),
                "winner by latest: expected=r2 actual=another version"),
            new Case(
                "winner that is none",
                (index, root) -> index.winner(key, 0, 0),
                "winner by lowest_objective: expected=r1 actual=none"),
            new Case(
                "winner of a key without files",
                (index, root) -> index.winner(nowhere, 0, 77),
                "winner by lowest_objective: expected=none actual=another version"),
            new Case(
                "manifest that was changed in place",
                (index, root) -> {
                  Path manifest = root.resolve(KEY.toHex()).resolve("r2.json");
                  String text = Files.readString(manifest);
                  Files.writeString(manifest, text.replace("\"objective\": 2", "\"objective\": 0"));
                },
                "winner by lowest_objective: expected=r2 actual=another version"))
        .forEach(each -> all.put(each.name(), each));
    return all.values().stream();
  }

  @ParameterizedTest
  @MethodSource("damages")
  void whatIsWrongIsFoundAndRepaired(Case each) throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      populate(store);
      VerifyReport found = null;
      // What the agent comes across first it counts anew, and there is nothing to find.
      for (int attempt = 0;
          attempt < MOST_ATTEMPTS && (found == null || found.clean());
          attempt++) {
        awaitWinners(store);
        each.damage().strike(index(), root);
        found = verify(store, false);
      }
      assertTrue(found != null && !found.clean(), "not found");
      for (VerifyReport.Problem problem : found.problems()) {
        assertEquals("index", problem.kind(), problem::toString);
        assertEquals(root.resolve(".warmstart/index").toString(), problem.path());
        assertTrue(!problem.repaired(), problem::toString);
      }
      String details = found.problems().toString();
      assertTrue(details.contains(each.told()), details);

      VerifyReport repaired = verify(store, true);

      assertTrue(
          repaired.problems().stream().allMatch(VerifyReport.Problem::repaired),
          () -> repaired.problems().toString());
      assertEquals(List.of(), verify(store, false).problems());
      store.evictOverflow();
      assertEquals(List.of(), verify(store, false).problems());
      assertEquals(RootFiles.read(root).bytes, index().total());
      assertEquals(4, store.stats().entries());
    }
  }

  /** What this process has in memory does not go by the record; after the repair neither lies. */
  @Test
  void aWinnerThatWasRepairedIsFound() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      populate(store);
      index().winner(KEY.digest(), 1, 0);

      assertTrue(!verify(store, true).clean());

      try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
        assertEquals("r2", entry.runId());
      }
      assertTrue(verify(store, false).clean());
    }
  }

  /** Whatever our own stores do, the index that they leave is what a scan finds. */
  @Test
  void nothingThatOurOwnStoresDoIsAProblem(Random random) throws Exception {
    SteppedClock clock = new SteppedClock();
    StoreOptions options = ALONE.withClock(clock).withTtl(Duration.ofMinutes(20));
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int step = 0; step < 300; step++) {
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
        // Found bad by whoever reads it next, and set aside.
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
        for (int look = 0; look < 60; look++) {
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

  /** What a store that knows no index does is found by the next walk, and told by nobody before. */
  @Test
  void whatForeignStoresHaveDoneSinceTheWalkIsNoProblem() throws IOException {
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
            verify(store, false).problems().toString().contains("entry foreign"), "walked since");
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
