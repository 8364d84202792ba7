package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The filter over the root's keys hides no entry of a key that another program makes or removes.
 */
@Tag("slow")
class ForeignKeysTest extends AbsentKeysFixture {
  private static void remove(Path directory) throws IOException {
    for (Path file : RootFiles.list(directory)) {
      Files.delete(file);
    }
    Files.delete(directory);
  }

  /** The index counts its bytes still. */
  @Test
  void whatIsSavedAgainAfterAnotherProgramRemovedItsDirectoryIsFoundAtOnce() throws IOException {
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      assertTrue(has(store, key(4)));
      remove(root.resolve(key(4).toHex()));
      awaitFilter(store);

      save(store, key(4));

      assertTrue(has(store, key(4)));
    }
  }

  /** The index counted its files all the time. */
  @Test
  void whatIsSavedIntoADirectoryThatAnotherProgramMadeAgainIsFoundAtOnce() throws IOException {
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      assertTrue(has(store, key(4)));
      Path directory = root.resolve(key(4).toHex());
      remove(directory);
      awaitFilter(store);
      Files.createDirectory(directory);

      save(store, key(4));

      assertTrue(has(store, key(4)));
    }
  }

  @Test
  void whatIsSavedBesideWhatASweepHasFoundOfAnotherProgramIsFoundAtOnce() throws IOException {
    Fingerprint key = Payloads.key("foreign");
    Path elsewhere = madeElsewhere(key);
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      awaitFilter(store);
      Files.move(elsewhere, root.resolve(key.toHex()));
      try (WarmStartStore other = open(Duration.ofMillis(10), Durability.IN_FILES)) {
        // As another process does it, within a minute.
        other.evictOverflow();
      }
      assertEquals(21, store.recorded().orElseThrow().keys());

      save(store, key);

      assertTrue(has(store, key));
    }
  }

  @Test
  void aKeyOfAnotherProgramIsFoundWithinTheInterval() throws IOException {
    Fingerprint key = Payloads.key("foreign");
    Path elsewhere = madeElsewhere(key);
    try (WarmStartStore store = open(Duration.ofMillis(10), Durability.POWER_SAFE)) {
      awaitFilter(store);
      assertFalse(has(store, key));

      Files.move(elsewhere, root.resolve(key.toHex()));

      Await.until("it is found", () -> has(store, key));
    }
  }

  @Test
  void aKeyOfAnotherProgramIsFoundAtOnceWhereEachLookupIsToLook() throws IOException {
    Fingerprint key = Payloads.key("foreign");
    Path elsewhere = madeElsewhere(key);
    try (WarmStartStore store = open(Duration.ZERO, Durability.POWER_SAFE)) {
      for (int i = 0; i < 3; i++) {
        looksOf(store, MANY);
      }

      Files.move(elsewhere, root.resolve(key.toHex()));

      assertTrue(has(store, key));
    }
  }

  /** The directory of a key, as another program has made it, which is not in the root yet. */
  private Path madeElsewhere(Fingerprint key) {
    Path workshop = parent.resolve("workshop");
    try (WarmStartStore other = WarmStartStore.open(workshop)) {
      save(other, key);
    }
    return workshop.resolve(key.toHex());
  }
}
