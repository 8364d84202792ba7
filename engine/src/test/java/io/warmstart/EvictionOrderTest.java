package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who goes first: what is dead, then the unused before the used, then the longest unused. */
class EvictionOrderTest {
  private static final int PAYLOAD_BYTES = 4000;

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();
  private final StoreOptions options =
      StoreOptions.defaults()
          .withDurability(Durability.IN_FILES)
          .withClock(clock)
          .withForeignCheckInterval(Duration.ZERO);
  private WarmStartStore store;

  @BeforeEach
  void open() {
    store = WarmStartStore.open(root, options);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void save(String name) {
    clock.advance(Duration.ofSeconds(10));
    store.saveOverwrite(
        Payloads.key(name), "run", new byte[PAYLOAD_BYTES], EntryAttributes.checkpoint());
  }

  private void use(String name) {
    clock.advance(Duration.ofSeconds(10));
    store.lookup(Payloads.key(name)).orElseThrow().close();
  }

  /** Sweeps with a budget that shrinks by one entry at a time, and tells who goes when. */
  private List<String> orderOfEviction(List<String> names) throws IOException {
    List<String> order = new ArrayList<>();
    while (order.size() < names.size()) {
      long budget = KeyFiles.bytesOf(root) - 1;
      try (WarmStartStore sweeper =
          WarmStartStore.open(
              root, options.withSizeBudgetBytes(budget).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
        assertEquals(1, sweeper.evictOverflow().evicted());
      }
      for (String name : names) {
        if (!order.contains(name) && KeyFiles.of(root, Payloads.key(name)).names().isEmpty()) {
          order.add(name);
        }
      }
    }
    return order;
  }

  @Test
  void theNeverAccessedGoBeforeTheAccessedAndEachOldestFirst() throws Exception {
    for (String name : List.of("used first", "unused old", "used last")) {
      save(name);
    }
    use("used first");
    use("used last");
    save("unused new");
    assertEquals(
        List.of("unused old", "unused new", "used first", "used last"),
        orderOfEviction(List.of("used first", "unused old", "used last", "unused new")));
  }

  @Test
  void aHitThatNoManifestTellsYetCountsToo() throws Exception {
    save("a");
    save("b");
    use("a");
    assertEquals(List.of("b", "a"), orderOfEviction(List.of("a", "b")));
  }

  @Test
  void theLastUseIsTheLaterOfWriteAndAccess() throws Exception {
    save("hit, then overwritten");
    save("only hit");
    use("hit, then overwritten");
    use("only hit");
    store.flush();
    // An overwrite makes an entry that nobody has looked up yet.
    save("hit, then overwritten");
    assertEquals(
        List.of("hit, then overwritten", "only hit"),
        orderOfEviction(List.of("only hit", "hit, then overwritten")));
  }

  @Test
  void atTheSameMomentThePathDecides() throws Exception {
    List<String> names = IntStream.range(0, 6).mapToObj(i -> "name " + i).toList();
    for (String name : names) {
      Fingerprint key = Payloads.key(name);
      store.saveOverwrite(key, "run", new byte[PAYLOAD_BYTES], EntryAttributes.checkpoint());
      KeyFiles files = KeyFiles.of(root, key);
      String manifest = Files.readString(files.manifest("run"));
      files.writeManifest(
          "run", manifest.replaceAll("\"written_nanos\": [0-9]+", "\"written_nanos\": 123456789"));
    }
    List<String> byPath =
        names.stream()
            .sorted((a, b) -> Payloads.key(a).toHex().compareTo(Payloads.key(b).toHex()))
            .toList();
    assertEquals(byPath, orderOfEviction(names));
  }

  @Test
  void quarantineGoesBeforeAnyEntryOldestFirst() throws Exception {
    for (String bad : List.of("bad one", "bad two")) {
      save(bad);
      KeyFiles.of(root, Payloads.key(bad)).writePayload("run", "x".repeat(PAYLOAD_BYTES));
      clock.advance(Duration.ofMinutes(3));
      assertTrue(store.lookup(Payloads.key(bad)).isEmpty());
    }
    save("good");
    assertEquals(6, KeyFiles.quarantined(root).size());
    List<String> newer = KeyFiles.quarantined(root).subList(3, 6);

    long budget = KeyFiles.bytesOf(root) - PAYLOAD_BYTES;
    try (WarmStartStore sweeper =
        WarmStartStore.open(
            root, options.withSizeBudgetBytes(budget).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
      EvictionReport report = sweeper.evictOverflow();
      assertEquals(0, report.evicted());
      assertTrue(report.quarantineRemoved() > 0);
    }
    assertTrue(KeyFiles.quarantined(root).containsAll(newer));

    budget = KeyFiles.bytesOf(KeyFiles.of(root, Payloads.key("good")).directory());
    try (WarmStartStore sweeper =
        WarmStartStore.open(
            root, options.withSizeBudgetBytes(budget).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
      assertEquals(0, sweeper.evictOverflow().evicted());
    }
    assertEquals(List.of(), KeyFiles.quarantined(root));
    assertTrue(store.lookup(Payloads.key("good")).isPresent());
  }
}
