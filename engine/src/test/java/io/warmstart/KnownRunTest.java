package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The journal takes the next version of a run for as long as no pair is later that others made. */
class KnownRunTest {
  private static final Fingerprint KEY = Payloads.key("known");
  private static final String RUN = "r";

  /** Longer than a saver goes without a look at the run's manifest. */
  private static final long LONGER_THAN_A_LOOK_MILLIS = 20;

  @TempDir Path parent;
  private final SteppedClock clock = new SteppedClock();
  private final StoreOptions options =
      StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE).withClock(clock);
  private Path root;
  private WarmStartStore store;

  /** A run that the journal has taken, and that has a pair. */
  @BeforeEach
  void open() {
    root = parent.resolve("root");
    store = WarmStartStore.open(root, options);
    Journalled.until(store, () -> save(store, "old"));
    store.flush();
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void save(WarmStartStore into, String version) {
    clock.advance(Duration.ofNanos(1));
    into.saveOverwrite(KEY, RUN, Versions.payload(version, 60), EntryAttributes.checkpoint());
  }

  private String found() {
    try (Entry entry = store.lookup(KEY).orElseThrow()) {
      return Versions.nameOf(entry);
    }
  }

  private Path file(Path in, String suffix) {
    return in.resolve(KEY.toHex()).resolve(RUN + suffix);
  }

  /** How many of a save's versions the journal takes. */
  private long journalled() throws InterruptedException {
    Thread.sleep(LONGER_THAN_A_LOOK_MILLIS);
    long before = Journalled.count(store);
    save(store, "new");
    return Journalled.count(store) - before;
  }

  @Test
  @Timeout(60)
  void anAccessStampLeavesItToTheJournal() throws Exception {
    long touches = store.stats().count(StoreCounter.TOUCHES_WRITTEN);
    clock.advance(Duration.ofHours(1));
    assertEquals("old", found());
    store.flush();
    assertEquals(touches + 1, store.stats().count(StoreCounter.TOUCHES_WRITTEN));

    assertEquals(1, journalled());
    assertEquals("new", found());
    store.flush();
    assertEquals("new", Versions.nameOf(Files.readAllBytes(file(root, ".bin"))));
  }

  @Test
  @Timeout(60)
  void aLaterPairTakesItFromTheJournal() throws Exception {
    clock.advance(Duration.ofHours(1));
    putInPlace("later");
    clock.advance(Duration.ofHours(-1));

    assertEquals(0, journalled());
    assertEquals("new", found());
  }

  @Test
  @Timeout(60)
  void anEarlierPairLeavesItToTheJournal() throws Exception {
    clock.advance(Duration.ofHours(-1));
    putInPlace("earlier");
    clock.advance(Duration.ofHours(1));

    assertEquals(1, journalled());
    assertEquals("new", found());
    store.flush();
    assertEquals("new", Versions.nameOf(Files.readAllBytes(file(root, ".bin"))));
  }

  /** As by a copy of another root that has the run too. */
  private void putInPlace(String version) throws IOException {
    Path workshop = parent.resolve("workshop");
    try (WarmStartStore other =
        WarmStartStore.open(workshop, options.withDurability(Durability.IN_FILES))) {
      save(other, version);
    }
    for (String suffix : new String[] {".bin", ".json"}) {
      Files.move(file(workshop, suffix), file(root, suffix), StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
