package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.Retention;
import io.warmstart.pair.ManifestFile;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a sweep leaves after each step of a random history is what a scan of all manifests says:
 * first goes what has expired, then what was never accessed before what was, each by its last use
 * and then by its path; what is pinned stays, and where a key's best and latest are kept they go
 * last. The clock moves when told, also not at all and backwards.
 */
@Tag("once")
@ExtendWith(Seeds.class)
class EvictionModelTest {
  private static final int KEYS = 5;
  private static final int STEPS = Rounds.times(80);
  private static final Duration TTL = Duration.ofMinutes(4);
  private static final double[] OBJECTIVES = {Double.NaN, 0, 0, 1e-13, 5};

  @TempDir Path parent;

  /** What is pinned, by the names of keys and of runs in them. */
  private final Set<String> pins = new HashSet<>();

  /** An entry as its files say. */
  private record Scanned(Path manifestFile, Manifest manifest, long bytes) {
    boolean accessed() {
      return manifest.accessed();
    }

    long lastUse() {
      return manifest.lastUse().toUnixNanosSaturated();
    }

    long written() {
      return manifest.written().toUnixNanosSaturated();
    }

    String key() {
      return manifestFile.getName(manifestFile.getNameCount() - 2).toString();
    }

    String run() {
      return manifestFile.getFileName().toString().replaceFirst("\\.json$", "");
    }

    double objective() {
      return manifest.objective().orElse(Double.POSITIVE_INFINITY);
    }
  }

  /** A disk that never has room for an index. */
  private static final class NoRoomForIndex extends ObservedFileOps {
    NoRoomForIndex() {
      super(new NioFileOps());
    }

    @Override
    public long usableBytes(Path directory) {
      return 0;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      return whole.run();
    }
  }

  @Test
  void sweepsLeaveWhatAScanOfAllManifestsWouldLeave(Random random) throws Exception {
    sweepsLeaveWhatAScanWouldLeave(random, StoreOptions.defaults());
  }

  @Test
  void sweepsWithoutAnIndexDoToo(Random random) throws Exception {
    sweepsLeaveWhatAScanWouldLeave(
        random, StoreOptions.defaults().withFileOps(new NoRoomForIndex()));
  }

  private void sweepsLeaveWhatAScanWouldLeave(Random random, StoreOptions base) throws Exception {
    Path root = Files.createDirectory(parent.resolve("root")).toRealPath();
    SteppedClock clock = new SteppedClock();
    StoreOptions options = base.withTtl(TTL).withClock(clock);
    long evicted = 0;
    long expired = 0;
    int spared = 0;
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      // Few seeds let nothing expire for so long.
      for (int step = 0; step < STEPS || (expired == 0 && step < 20 * STEPS); step++) {
        act(store, random, clock);
        changePins(store, random);
        store.flush();
        long budget = Math.max(0, KeyFiles.bytesOf(root) - random.nextInt(1200));
        Retention retention =
            random.nextBoolean() ? Retention.ORIGINAL : Retention.KEEP_BEST_AND_LATEST;
        List<Scanned> all = scan(root);
        Set<Path> expected = survivors(all, budget, retention, clock.nanoTime());
        Set<Path> unsparing = survivors(all, budget, Retention.ORIGINAL, clock.nanoTime());
        spared += expected.equals(unsparing) ? 0 : 1;
        try (WarmStartStore sweeper =
            WarmStartStore.open(
                root,
                options
                    .withSizeBudgetBytes(budget)
                    .withRetention(retention)
                    .withPolicy(PolicyUse.THIS_STORE_ONLY))) {
          EvictionReport told = sweeper.evictOverflow(true);
          EvictionReport report = sweeper.evictOverflow();
          evicted += report.evicted();
          expired += report.expired();
          assertEquals(KeyFiles.bytesOf(root), report.bytesAfter(), "step " + step);
          assertEquals(new HashSet<>(told.removed()), new HashSet<>(report.removed()));
        }
        Set<Path> left = new TreeSet<>();
        scan(root).forEach(each -> left.add(each.manifestFile()));
        assertEquals(
            expected,
            left,
            () -> "before: " + all + " budget: " + budget + " " + retention + " pins: " + pins);
      }
    }
    assertTrue(evicted > STEPS / 8, "evicted: " + evicted);
    assertTrue(expired > 0, "expired: " + expired);
    assertTrue(spared > 0, "no retention made a difference");
  }

  private static void act(WarmStartStore store, Random random, SteppedClock clock) {
    switch (random.nextInt(8)) {
      case 0 -> {}
      case 1 -> clock.advance(Duration.ofSeconds(-1));
      case 2 -> clock.advance(Duration.ofMinutes(random.nextInt(6)));
      default -> clock.advance(Duration.ofSeconds(random.nextInt(30)));
    }
    for (int each = random.nextInt(4); each >= 0; each--) {
      Fingerprint key = Payloads.key("key-" + random.nextInt(KEYS));
      if (random.nextInt(3) > 0) {
        store.saveOverwrite(
            key,
            "run-" + random.nextInt(6),
            new byte[random.nextInt(200)],
            (random.nextInt(3) == 0 ? EntryAttributes.finalResult() : EntryAttributes.checkpoint())
                .withObjective(OBJECTIVES[random.nextInt(OBJECTIVES.length)]));
      } else {
        store.lookup(key, Ranking.LATEST).ifPresent(Entry::close);
      }
    }
  }

  private void changePins(WarmStartStore store, Random random) {
    Fingerprint key = Payloads.key("key-" + random.nextInt(KEYS));
    String run = "run-" + random.nextInt(6);
    switch (random.nextInt(12)) {
      case 0 -> {
        store.pin(key);
        pins.add(key.toHex());
      }
      case 1, 2 -> {
        if (store.pin(key, run)) {
          pins.add(key.toHex() + run);
        }
      }
      case 3, 4 -> assertEquals(pins.remove(key.toHex()), store.unpin(key));
      case 5, 6 -> assertEquals(pins.remove(key.toHex() + run), store.unpin(key, run));
      default -> {}
    }
  }

  private static List<Scanned> scan(Path root) throws IOException, ManifestFormatException {
    List<Scanned> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".json")).toList()) {
        Manifest manifest = ManifestFile.read(new NioFileOps(), file).manifest();
        String name = file.getFileName().toString();
        Path payload = file.resolveSibling(name.substring(0, name.length() - 5) + ".bin");
        all.add(new Scanned(file, manifest, Files.size(file) + Files.size(payload)));
      }
    }
    return all;
  }

  /**
   * The sweep of a save goes by the same rule, with one exception: what was saved stays, whatever
   * comes before or after it in the order.
   */
  @Test
  void savesLeaveWhatAScanWouldLeaveAndThemselves(Random random) throws Exception {
    savesLeaveWhatAScanWouldLeave(random, Retention.ORIGINAL);
  }

  @Test
  void soDoSavesWhereTheBestAndTheLatestAreKept(Random random) throws Exception {
    savesLeaveWhatAScanWouldLeave(random, Retention.KEEP_BEST_AND_LATEST);
  }

  private void savesLeaveWhatAScanWouldLeave(Random random, Retention retention) throws Exception {
    Path root = Files.createDirectory(parent.resolve("root")).toRealPath();
    SteppedClock clock = new SteppedClock();
    long budget = 3000;
    StoreOptions options =
        StoreOptions.defaults()
            .withTtl(TTL)
            .withClock(clock)
            .withSizeBudgetBytes(budget)
            .withRetention(retention);
    int firstInOrder = 0;
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int step = 0; step < STEPS; step++) {
        clock.advance(Duration.ofSeconds(random.nextInt(20)));
        for (int each = random.nextInt(8); each > 0; each--) {
          store.lookup(Payloads.key("key-" + random.nextInt(KEYS))).ifPresent(Entry::close);
        }
        store.flush();
        Fingerprint key = Payloads.key("key-" + random.nextInt(KEYS));
        String runId = "run-" + random.nextInt(3);
        List<Scanned> before = scan(root);
        store.saveOverwrite(
            key,
            runId,
            new byte[random.nextInt(2000)],
            EntryAttributes.checkpoint()
                .withObjective(OBJECTIVES[random.nextInt(OBJECTIVES.length)]));
        Path saved = KeyFiles.of(root, key).manifest(runId);

        Set<Path> left = new TreeSet<>();
        List<Scanned> after = scan(root);
        after.forEach(each -> left.add(each.manifestFile()));
        Scanned version =
            after.stream()
                .filter(each -> each.manifestFile().equals(saved))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the save is gone on return: " + saved));
        List<Scanned> all = new ArrayList<>(before);
        all.removeIf(each -> each.manifestFile().equals(saved));
        boolean over = all.stream().mapToLong(Scanned::bytes).sum() + version.bytes() > budget;
        if (over) {
          firstInOrder += all.stream().allMatch(Scanned::accessed) ? 1 : 0;
          pins.add(key.toHex() + runId);
          all.add(version);
          Set<Path> expected = survivors(all, budget, retention, clock.nanoTime());
          pins.clear();
          assertEquals(expected, left, () -> "before: " + before + " saved: " + version);
        }
      }
    }
    assertTrue(firstInOrder > 0, "no save was the first in the order of eviction");
  }

  private boolean isPinned(Scanned entry) {
    return pins.contains(entry.key()) || pins.contains(entry.key() + entry.run());
  }

  /** By one more look at all entries of its key than any program could afford. */
  private static boolean isBestOrLatest(Scanned entry, List<Scanned> all) {
    List<Scanned> ofKey = all.stream().filter(each -> each.key().equals(entry.key())).toList();
    Comparator<Scanned> latestLast =
        Comparator.comparing(Scanned::written)
            .thenComparing(each -> each.manifest().finalResult())
            .thenComparing(Scanned::run);
    double lowest = ofKey.stream().mapToDouble(Scanned::objective).min().orElseThrow();
    Scanned best =
        ofKey.stream()
            .filter(each -> lowest == each.objective() || each.objective() - lowest < 1e-12)
            .max(
                lowest == Double.POSITIVE_INFINITY
                    ? latestLast
                    : Comparator.comparing((Scanned each) -> each.manifest().finalResult())
                        .thenComparing(latestLast))
            .orElseThrow();
    return entry.equals(best) || entry.equals(ofKey.stream().max(latestLast).orElseThrow());
  }

  private Set<Path> survivors(List<Scanned> all, long budget, Retention retention, long now) {
    List<Scanned> left = new ArrayList<>(all);
    left.removeIf(each -> !isPinned(each) && now - each.lastUse() >= TTL.toNanos());
    List<Scanned> unexpired = List.copyOf(left);
    List<Scanned> order = new ArrayList<>(unexpired);
    order.removeIf(this::isPinned);
    order.sort(
        Comparator.comparing(
                (Scanned each) ->
                    retention == Retention.KEEP_BEST_AND_LATEST && isBestOrLatest(each, unexpired))
            .thenComparing(Scanned::accessed)
            .thenComparing(Scanned::lastUse)
            .thenComparing(Scanned::manifestFile));
    long bytes = left.stream().mapToLong(Scanned::bytes).sum();
    for (Scanned each : order) {
      if (bytes > budget) {
        bytes -= each.bytes();
        left.remove(each);
      }
    }
    Set<Path> paths = new TreeSet<>();
    left.forEach(each -> paths.add(each.manifestFile()));
    return paths;
  }
}
