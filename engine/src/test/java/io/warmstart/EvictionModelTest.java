package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.pair.ManifestFile;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a sweep leaves after each step of a random history is what a scan of all manifests says:
 * first goes what has expired, then what was never accessed before what was, each by its last use
 * and then by its path. The clock moves when told, also not at all and backwards.
 */
@ExtendWith(Seeds.class)
class EvictionModelTest {
  private static final int KEYS = 8;
  private static final int STEPS = Rounds.times(80);
  private static final Duration TTL = Duration.ofMinutes(4);

  @TempDir Path parent;

  /** An entry as its files say. */
  private record Scanned(Path manifest, boolean accessed, long lastUse, long bytes) {}

  @Test
  void sweepsLeaveWhatAScanOfAllManifestsWouldLeave(Random random) throws Exception {
    Path root = Files.createDirectory(parent.resolve("root")).toRealPath();
    SteppedClock clock = new SteppedClock();
    StoreOptions options = StoreOptions.defaults().withTtl(TTL).withClock(clock);
    long evicted = 0;
    long expired = 0;
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      // Few seeds let nothing expire for so long.
      for (int step = 0; step < STEPS || (expired == 0 && step < 20 * STEPS); step++) {
        act(store, random, clock);
        store.flush();
        long budget = KeyFiles.bytesOf(root) - random.nextInt(600);
        List<Scanned> all = scan(root);
        Set<Path> expected = survivors(all, budget, clock.nanoTime());
        try (WarmStartStore sweeper =
            WarmStartStore.open(
                root,
                options
                    .withSizeBudgetBytes(Math.max(0, budget))
                    .withPolicy(PolicyUse.THIS_STORE_ONLY))) {
          EvictionReport report = sweeper.evictOverflow();
          evicted += report.evicted();
          expired += report.expired();
          assertEquals(KeyFiles.bytesOf(root), report.bytesAfter(), "step " + step);
        }
        Set<Path> left = new TreeSet<>();
        scan(root).forEach(each -> left.add(each.manifest()));
        assertEquals(expected, left, () -> "before: " + all + " budget: " + budget);
      }
    }
    assertTrue(evicted > STEPS / 8, "evicted: " + evicted);
    assertTrue(expired > 0, "expired: " + expired);
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
            "run-" + random.nextInt(3),
            new byte[random.nextInt(200)],
            EntryAttributes.checkpoint());
      } else {
        store.lookup(key, Ranking.LATEST).ifPresent(Entry::close);
      }
    }
  }

  private static List<Scanned> scan(Path root) throws IOException, ManifestFormatException {
    List<Scanned> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".json")).toList()) {
        Manifest manifest = ManifestFile.read(new NioFileOps(), file).manifest();
        String name = file.getFileName().toString();
        Path payload = file.resolveSibling(name.substring(0, name.length() - 5) + ".bin");
        all.add(
            new Scanned(
                file,
                manifest.accessed(),
                manifest.lastUse().toUnixNanosSaturated(),
                Files.size(file) + Files.size(payload)));
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
    Path root = Files.createDirectory(parent.resolve("root")).toRealPath();
    SteppedClock clock = new SteppedClock();
    long budget = 3000;
    StoreOptions options =
        StoreOptions.defaults().withTtl(TTL).withClock(clock).withSizeBudgetBytes(budget);
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
            key, runId, new byte[random.nextInt(2000)], EntryAttributes.checkpoint());
        Path saved = KeyFiles.of(root, key).manifest(runId);

        Set<Path> left = new TreeSet<>();
        List<Scanned> after = scan(root);
        after.forEach(each -> left.add(each.manifest()));
        Scanned version =
            after.stream()
                .filter(each -> each.manifest().equals(saved))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the save is gone on return: " + saved));
        List<Scanned> all = new ArrayList<>(before);
        all.removeIf(each -> each.manifest().equals(saved));
        boolean over = all.stream().mapToLong(Scanned::bytes).sum() + version.bytes() > budget;
        if (over) {
          firstInOrder += all.stream().allMatch(Scanned::accessed) ? 1 : 0;
          Set<Path> expected = survivors(all, budget - version.bytes(), clock.nanoTime());
          expected.add(saved);
          assertEquals(expected, left, () -> "before: " + before + " saved: " + version);
        }
      }
    }
    assertTrue(firstInOrder > 0, "no save was the first in the order of eviction");
  }

  private static Set<Path> survivors(List<Scanned> all, long budget, long now) {
    List<Scanned> left = new ArrayList<>(all);
    left.removeIf(each -> now - each.lastUse() >= TTL.toNanos());
    left.sort(
        Comparator.comparing(Scanned::accessed)
            .thenComparing(Scanned::lastUse)
            .thenComparing(Scanned::manifest));
    long bytes = left.stream().mapToLong(Scanned::bytes).sum();
    while (bytes > Math.max(0, budget) && !left.isEmpty()) {
      bytes -= left.remove(0).bytes();
    }
    Set<Path> paths = new TreeSet<>();
    left.forEach(each -> paths.add(each.manifest()));
    return paths;
  }
}
