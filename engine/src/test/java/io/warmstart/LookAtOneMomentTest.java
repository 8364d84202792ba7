package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A lookup reads the manifests of a key one after the other. What it answers must have been so at
 * one moment: not the first as it was before two saves and the second as it was after them.
 */
class LookAtOneMomentTest {
  private static final EntryAttributes PLAIN = EntryAttributes.checkpoint();

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("one moment");

  /**
   * Does something before a thread looks at its n-th manifest, and again at the n-th after that.
   */
  private static final class AtManifest extends ObservedFileOps {
    private @Nullable Thread watched;
    private Runnable action = () -> {};
    private int timesLeft;
    private int nth;
    private int seen;
    private int opened;
    private Kind before = Kind.STAT;

    AtManifest() {
      super(new NioFileOps());
    }

    void arm(int place, int times, Runnable what) {
      watched = Thread.currentThread();
      timesLeft = times;
      nth = place;
      seen = 0;
      opened = 0;
      action = what;
    }

    void armAtOpening(int place, Runnable what) {
      before = Kind.OPEN_FOR_READING;
      arm(place, 1, what);
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      boolean manifest =
          Thread.currentThread() == watched && op.path().toString().endsWith(".json");
      if (manifest && op.kind() == Kind.OPEN_FOR_READING) {
        opened++;
      }
      if (manifest && timesLeft > 0 && op.kind() == before && ++seen == nth) {
        Thread reading = watched;
        watched = null;
        action.run();
        watched = reading;
        timesLeft--;
        seen = 0;
      }
      return whole.run();
    }
  }

  /** The manifests of the key in the order in which a lookup meets them. */
  private List<String> runsAsListed() throws IOException {
    return new NioFileOps()
        .list(root.resolve(key.toHex())).stream()
            .filter(name -> name.endsWith(".json"))
            .map(name -> name.substring(0, name.length() - ".json".length()))
            .toList();
  }

  private WarmStartStore open(AtManifest ops) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withForeignCheckInterval(Duration.ZERO)
            .withFileOps(ops));
  }

  /**
   * The next lookup lists the key's directory, whatever the index knows: others have changed it.
   */
  private void changeByOthers() throws IOException {
    Files.delete(Files.createFile(root.resolve(key.toHex()).resolve("of others")));
  }

  /** For who has not mapped it yet; nor is another made before it looks. */
  private void dropIndex() throws IOException {
    Path index = root.resolve(".warmstart/index");
    Files.delete(index);
    Files.createDirectory(index);
  }

  private WarmStartStore openReadOnly(AtManifest ops) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withReadOnly(true)
            .withFileOps(ops));
  }

  /** Saves two runs with these objectives; returns them in the order in which they are met. */
  private List<String> saveTwo(WarmStartStore store, double a, double b) throws IOException {
    store.saveOverwrite(key, "a", new byte[] {1}, objective(a));
    store.saveOverwrite(key, "b", new byte[] {2}, objective(b));
    return runsAsListed();
  }

  private void overwriteBoth(WarmStartStore store, List<String> runs, double first, double second) {
    store.saveOverwrite(key, runs.get(0), new byte[] {3}, objective(first));
    store.saveOverwrite(key, runs.get(1), new byte[] {4}, objective(second));
  }

  private static EntryAttributes objective(double objective) {
    return PLAIN.withObjective(objective);
  }

  @Test
  void entryIsNotPassedOverForOneThatWasSavedAfterIt() throws IOException {
    AtManifest ops = new AtManifest();
    try (WarmStartStore store = open(ops)) {
      List<String> runs = saveTwo(store, 8, 9);

      changeByOthers();
      ops.arm(2, 1, () -> overwriteBoth(store, runs, 1, 2));

      assertEquals(1, lowest(store));
    }
  }

  @Test
  void neitherByAStoreWithoutLocks() throws IOException {
    AtManifest ops = new AtManifest();
    try (WarmStartStore store =
            WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES));
        WarmStartStore readOnly = openReadOnly(ops)) {
      List<String> runs = saveTwo(store, 8, 9);
      double[] next = {7};
      dropIndex();

      ops.arm(2, 2, () -> overwriteBoth(store, runs, --next[0], next[0] + 0.5));

      assertEquals(5, lowest(readOnly));
    }
  }

  @Test
  void keyThatAlwaysHasAnEntryIsNeverMissed() throws IOException {
    AtManifest ops = new AtManifest();
    StoreOptions roomForOne =
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withSizeBudgetBytes(1_500)
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withForeignCheckInterval(Duration.ZERO)
            .withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, roomForOne)) {
      store.save(key, new byte[1_000], PLAIN);
      changeByOthers();
      ops.arm(1, 1, () -> store.save(key, new byte[1_001], PLAIN));

      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals(1_001, entry.payloadLength());
      }
      assertEquals(1, store.stats().count(StoreCounter.EVICTED));
    }
  }

  /** Two looks that each find nothing, each after another entry was replaced, are not the same. */
  @Test
  void neitherByAStoreWithoutLocksThatFindsNothingTwice() {
    AtManifest ops = new AtManifest();
    StoreOptions roomForOne =
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withSizeBudgetBytes(1_500)
            .withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = WarmStartStore.open(root, roomForOne);
        WarmStartStore readOnly = openReadOnly(ops)) {
      store.save(key, new byte[1_000], PLAIN);
      ops.arm(1, 2, () -> store.save(key, new byte[1_001], PLAIN));

      try (Entry entry = readOnly.lookup(key).orElseThrow()) {
        assertEquals(1_001, entry.payloadLength());
      }
      assertEquals(2, store.stats().count(StoreCounter.EVICTED));
    }
  }

  /** What is opened may be later than what was looked at under its name. */
  @Test
  void looksThatDifferOnlyInWhatWasReadAreNotTheSame() throws IOException {
    AtManifest ops = new AtManifest();
    try (WarmStartStore store =
            WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES));
        WarmStartStore readOnly = openReadOnly(ops)) {
      List<String> runs = saveTwo(store, 8, 9);
      for (String run : runs) {
        stamp(run, FileTime.from(Instant.now().plusSeconds(3_600)));
      }
      dropIndex();

      ops.armAtOpening(4, () -> overwriteBoth(store, runs, 1, 2));

      assertEquals(1, lowest(readOnly));
    }
  }

  @Test
  void whatHasNotChangedIsNotReadAgain() throws IOException {
    AtManifest ops = new AtManifest();
    try (WarmStartStore store = open(ops)) {
      for (int run = 0; run < 10; run++) {
        store.saveOverwrite(key, "run" + run, new byte[] {1}, objective(run));
        stamp("run" + run, FileTime.from(Instant.now().minusSeconds(1)));
      }
      String last = runsAsListed().get(9);
      changeByOthers();
      ops.arm(2, 1, () -> store.saveOverwrite(key, last, new byte[] {2}, objective(-1)));

      assertEquals(-1, lowest(store));
      assertEquals(11, ops.opened);
    }
  }

  /** A file may be given the inode of one that is gone, and its times in one tick of the clock. */
  @Test
  void youngManifestIsReadAgainThoughItLooksTheSame() throws IOException {
    AtManifest ops = new AtManifest();
    FileTime young = FileTime.from(Instant.now().plusSeconds(3_600));
    try (WarmStartStore store = open(ops)) {
      List<String> runs = saveTwo(store, 5, 6);
      String first = runs.get(0);
      String second = runs.get(1);
      stamp(first, young);
      changeByOthers();
      ops.arm(
          2,
          1,
          () -> {
            store.saveOverwrite(key, second, new byte[] {2}, objective(7));
            rewrite(first, young);
          });

      assertEquals(4, lowest(store));
    }
  }

  private Path manifest(String run) {
    return root.resolve(key.toHex()).resolve(run + ".json");
  }

  private void stamp(String run, FileTime time) throws IOException {
    Files.setLastModifiedTime(manifest(run), time);
  }

  private void rewrite(String run, FileTime time) {
    try {
      String text = Files.readString(manifest(run));
      Files.writeString(manifest(run), text.replaceFirst("(objective[^0-9]*)[56]", "$14"));
      stamp(run, time);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private double lowest(WarmStartStore store) {
    Optional<Entry> found = store.lookup(key, Ranking.LOWEST_OBJECTIVE);
    try (Entry entry = found.orElseThrow()) {
      return entry.objective().orElseThrow();
    }
  }
}
