package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.IndexPatch;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A lookup after each save listed the key's directory and read all manifests: a third of a second
 * with ten thousand runs.
 */
class LookupByIndexTest {
  private static final Fingerprint KEY = Payloads.key("many runs");

  /** Longer than any pause of a busy machine. */
  private static final Duration NO_OTHERS = Duration.ofDays(1);

  @TempDir Path parent;
  private Path root;
  private final Looks looks = new Looks();

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
  }

  /** Counts what one thread lists and opens. */
  private static final class Looks extends ObservedFileOps {
    private @Nullable Thread watched;
    private int lists;
    private int manifests;

    Looks() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (Thread.currentThread() == watched) {
        lists += op.kind() == Kind.LIST ? 1 : 0;
        boolean manifest = op.path().toString().endsWith(".json");
        manifests += op.kind() == Kind.OPEN_FOR_READING && manifest ? 1 : 0;
      }
      return whole.run();
    }
  }

  private WarmStartStore open(Duration foreignCheckInterval) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withForeignCheckInterval(foreignCheckInterval)
            .withFileOps(looks));
  }

  private static void save(WarmStartStore store, String run, double objective) {
    store.saveOverwrite(
        KEY,
        run,
        Versions.payload(run, 200),
        EntryAttributes.checkpoint().withObjective(objective));
  }

  private static EntryAttributes objective(double value) {
    return EntryAttributes.checkpoint().withObjective(value);
  }

  /** The winner's run; how it was found is counted. */
  private String best(WarmStartStore store, Ranking ranking) {
    looks.lists = 0;
    looks.manifests = 0;
    looks.watched = Thread.currentThread();
    try (Entry entry = store.lookup(KEY, ranking).orElse(null)) {
      return entry == null ? "nothing" : entry.runId();
    } finally {
      looks.watched = null;
    }
  }

  private void assertFoundByIndex(String run, WarmStartStore store, Ranking ranking) {
    assertEquals(run, best(store, ranking));
    assertEquals(0, looks.lists, "listings");
    assertEquals(1, looks.manifests, "manifests");
  }

  private void saveSome(WarmStartStore store, int count) {
    for (int run = 0; run < count; run++) {
      save(store, "run-" + run, 10 + run);
    }
    // Who counts holds the key's stripe for a moment, and a lookup does not wait to tell the index.
    Await.until("the root is counted", () -> store.recorded().isPresent());
    assertEquals("run-0", best(store, Ranking.LOWEST_OBJECTIVE));
  }

  /** A directory of few is listed as soon as it is at rest, which a slow machine may let it be. */
  @Test
  void rightAfterASaveNoDirectoryOfFewRunsIsListed() {
    try (WarmStartStore store = open(NO_OTHERS)) {
      saveSome(store, 1);
      int[] more = new int[1];
      Await.until(
          "a lookup came soon enough",
          () -> {
            save(store, "better", 9 - ++more[0] * 1e-6);
            assertEquals("better", best(store, Ranking.LOWEST_OBJECTIVE));
            return looks.lists == 0 && looks.manifests == 1;
          });
    }
  }

  @Test
  void afterASaveNoDirectoryIsListed() {
    try (WarmStartStore store = open(NO_OTHERS)) {
      saveSome(store, 100);
      save(store, "worse", 20);
      assertEquals("run-0", best(store, Ranking.LOWEST_OBJECTIVE));
      assertEquals(0, looks.lists);

      save(store, "better", 1);
      assertFoundByIndex("better", store, Ranking.LOWEST_OBJECTIVE);

      save(store, "later", 2);
      assertFoundByIndex("later", store, Ranking.LATEST);

      store.saveOverwrite(KEY, "last", new byte[9], EntryAttributes.finalResult());
      assertFoundByIndex("last", store, Ranking.FINAL_FIRST);
      assertFoundByIndex("better", store, Ranking.LOWEST_OBJECTIVE);
    }
  }

  @Test
  void aWinnerThatIsReplacedByAWorseVersionOrRemovedGivesWay() {
    try (WarmStartStore store = open(NO_OTHERS)) {
      saveSome(store, 50);

      save(store, "run-0", 11.5);
      assertFoundByIndex("run-1", store, Ranking.LOWEST_OBJECTIVE);

      assertTrue(store.remove(KEY, "run-1"));
      assertFoundByIndex("run-0", store, Ranking.LOWEST_OBJECTIVE);
      assertFoundByIndex("run-0", store, Ranking.LATEST);
    }
  }

  @Test
  void oneRunOfManyIsFoundByItsName() {
    try (WarmStartStore store = open(NO_OTHERS)) {
      saveSome(store, 50);
      save(store, "run-7", 5);
      looks.watched = Thread.currentThread();
      looks.lists = 0;
      try (Entry entry = store.lookup(KEY, "run-7").orElseThrow()) {
        assertEquals(5, entry.objective().orElseThrow());
      }
      assertEquals(0, looks.lists);
    }
  }

  /** It read the manifests of all others: a quarter of a second with ten thousand runs. */
  @Test
  void aRunThatIsNotThereIsNotLookedForAmongTheOthers() {
    try (WarmStartStore store = open(NO_OTHERS)) {
      saveSome(store, 50);
      looks.watched = Thread.currentThread();
      looks.lists = 0;
      looks.manifests = 0;
      assertTrue(store.lookup(KEY, "none").isEmpty());
      assertEquals(0, looks.lists);
      assertEquals(0, looks.manifests);

      save(store, "none", 5);
      assertEquals("none", lookup(store, "none"));
    }
  }

  /** What another program saves beside us moves no time that our saves have not moved as well. */
  @Test
  void whatOthersSaveBesideOursIsFoundAllTheSame() throws IOException {
    try (WarmStartStore store = open(StoreOptions.DEFAULT_FOREIGN_CHECK_INTERVAL)) {
      saveSome(store, 100);
      Path workshop = parent.resolve("workshop");
      try (WarmStartStore other = WarmStartStore.open(workshop)) {
        other.saveOverwrite(KEY, "foreign", new byte[] {1}, objective(0.5));
        other.flush();
      }
      save(store, "ours", 9);
      assertEquals("ours", best(store, Ranking.LOWEST_OBJECTIVE));

      for (String suffix : new String[] {".bin", ".json"}) {
        Path name = Path.of(KEY.toHex()).resolve("foreign" + suffix);
        Files.move(workshop.resolve(name), root.resolve(name));
      }
      int[] more = new int[1];
      Await.until(
          "the foreign entry is found",
          () -> {
            save(store, "ours", 9 + ++more[0] * 1e-6);
            return best(store, Ranking.LOWEST_OBJECTIVE).equals("foreign");
          });
    }
  }

  /** A store that never looks at what others do must not answer for one that does. */
  @Test
  void whoLooksSeldomDoesNotHideItFromWhoLooksOften() throws IOException {
    try (WarmStartStore seldom = open(NO_OTHERS);
        WarmStartStore often = open(StoreOptions.DEFAULT_FOREIGN_CHECK_INTERVAL)) {
      saveSome(seldom, 100);
      Path workshop = parent.resolve("workshop");
      try (WarmStartStore other = WarmStartStore.open(workshop)) {
        other.saveOverwrite(KEY, "foreign", new byte[] {1}, objective(0.5));
        other.flush();
      }
      // As long as it takes for the last listing to be too old for the other one.
      long began = System.nanoTime();
      int[] more = new int[1];
      Await.until(
          "time has passed",
          () -> {
            save(seldom, "ours", 9 + ++more[0] * 1e-6);
            return System.nanoTime() - began > Duration.ofMillis(1_500).toNanos();
          });
      for (String suffix : new String[] {".bin", ".json"}) {
        Path name = Path.of(KEY.toHex()).resolve("foreign" + suffix);
        Files.move(workshop.resolve(name), root.resolve(name));
      }

      save(seldom, "ours", 8);
      assertEquals("ours", best(seldom, Ranking.LOWEST_OBJECTIVE));
      assertEquals("foreign", best(often, Ranking.LOWEST_OBJECTIVE));
    }
  }

  /** Nothing of ours has changed: then it is seen as soon as anybody looks. */
  @Test
  void whatOthersSaveToAKeyAtRestIsFoundAtTheNextLook() throws IOException {
    try (WarmStartStore store = open(Duration.ZERO)) {
      saveSome(store, 3);
      OldEnough.await(root.resolve(KEY.toHex()));
      assertEquals("run-0", best(store, Ranking.LOWEST_OBJECTIVE));

      try (Stream<Path> files = Files.list(root.resolve(KEY.toHex()))) {
        for (Path file : files.filter(each -> each.toString().contains("run-0")).toList()) {
          Files.delete(file);
        }
      }

      assertEquals("run-1", best(store, Ranking.LOWEST_OBJECTIVE));
    }
  }

  @Test
  void anEntryThatIsRecordedOtherwiseIsNotBelieved() throws IOException {
    try (WarmStartStore store = open(NO_OTHERS)) {
      saveSome(store, 3);
      save(store, "other", 20);
      IndexPatch index = IndexPatch.of(root.resolve(".warmstart"));

      index.entryObjective(KEY.digest(), "run-2", 0);

      assertEquals("run-0", best(store, Ranking.LOWEST_OBJECTIVE));
      assertTrue(looks.lists > 0);
    }
  }

  @Test
  void anEntryThatIsLostToTheIndexIsFound() throws IOException {
    try (WarmStartStore store = open(NO_OTHERS)) {
      saveSome(store, 3);
      save(store, "run-0", 9);
      IndexPatch index = IndexPatch.of(root.resolve(".warmstart"));

      index.entryGone(KEY.digest(), "run-0");

      assertEquals("run-0", best(store, Ranking.LOWEST_OBJECTIVE));
    }
  }

  @Test
  void aRunWithALongNameIsFound() {
    String name = "r".repeat(100);
    try (WarmStartStore store = open(NO_OTHERS)) {
      saveSome(store, 3);

      save(store, name, 1);

      assertEquals(name, best(store, Ranking.LOWEST_OBJECTIVE));
      assertEquals("run-1", lookup(store, "run-1"));
    }
  }

  private static String lookup(WarmStartStore store, String run) {
    try (Entry entry = store.lookup(KEY, run).orElseThrow()) {
      return entry.runId();
    }
  }

  /** A listing after a change reads what has changed. */
  @Test
  void manifestsThatWereReadAreNotReadAgain() throws IOException {
    try (WarmStartStore store = open(Duration.ZERO)) {
      saveSome(store, 100);
      OldEnough.await(root.resolve(KEY.toHex()));
      assertEquals("run-0", best(store, Ranking.LOWEST_OBJECTIVE));
      Files.delete(root.resolve(KEY.toHex()).resolve("run-0.json"));

      assertEquals("run-1", best(store, Ranking.LOWEST_OBJECTIVE));

      assertTrue(looks.lists > 0);
      assertTrue(looks.manifests < 10, "manifests: " + looks.manifests);
    }
  }

  /**
   * A program that writes into a file can put its modification time back. Its size and its inode
   * are the same, and the lookup that found its change time to be another one took it for read.
   */
  @Test
  void aManifestThatWasReadIsReadAgainThoughItsModificationTimeWasPutBack() throws IOException {
    try (WarmStartStore store = open(Duration.ZERO)) {
      saveSome(store, 50);
      Path directory = root.resolve(KEY.toHex());
      Path manifest = directory.resolve("run-0.json");
      // Of whole seconds, which can be put back.
      FileTime modified = FileTime.from(Instant.ofEpochSecond(1_700_000_000));
      // More than once: the first hit is written into the manifest.
      for (int listing = 0; listing < 3; listing++) {
        Files.setLastModifiedTime(manifest, modified);
        OldEnough.await(manifest, directory);
        Files.delete(Files.createFile(directory.resolve("of others")));
        Await.until(
            "the directory is listed",
            () -> best(store, Ranking.LOWEST_OBJECTIVE).equals("run-0") && looks.lists > 0);
      }

      String text = Files.readString(manifest);
      Files.writeString(manifest, text.replace("\"objective\": 10", "\"objective\": 88"));
      Files.setLastModifiedTime(manifest, modified);

      assertTrue(Files.readString(manifest).contains("88"), text);
      assertEquals("run-1", best(store, Ranking.LOWEST_OBJECTIVE));
    }
  }
}
