package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each lookup of a key that was never asked for before read the files: with 100,000 such keys a
 * miss took four times as long as LMDB's. Now a filter over the root's keys answers, and must never
 * hide an entry.
 */
@Tag("slow")
@Tag("once")
class AbsentKeysTest extends AbsentKeysFixture {
  @Test
  void keysThatTheRootLacksAreNotLookedForInItsFiles() {
    try (WarmStartStore store = open(Duration.ofMillis(10), Durability.POWER_SAFE)) {
      assertTrue(looksOf(store, MANY) >= MANY);

      awaitFilter(store);

      for (int i = 0; i < 20; i++) {
        assertTrue(has(store, key(i)));
      }
    }
  }

  /** From here on saves of this store go into the journal, if they are to. */
  private static void warmUp(WarmStartStore store, Durability durability) {
    if (durability != Durability.IN_FILES) {
      Journalled.until(store, () -> save(store, key(0)));
    }
  }

  /** No look at the root may be needed for it: none is made within a day. */
  @ParameterizedTest
  @EnumSource
  void aFirstSaveOfItsKeyIsFoundAtOnce(Durability durability) {
    try (WarmStartStore store = open(Duration.ofDays(1), durability)) {
      warmUp(store, durability);
      for (int round = 0; round < 2; round++) {
        // The index has a slot for the miss then.
        assertFalse(has(store, Payloads.key("new " + round)));
      }
      Fingerprint before = key(0);
      for (int round = 0; round < 4; round++) {
        awaitFilter(store);
        assertTrue(has(store, before), "which lies in the journal, or in a pair by now");
        Fingerprint key = Payloads.key("new " + round);
        assertFalse(has(store, key));

        store.save(key, PAYLOAD, EntryAttributes.checkpoint());

        assertTrue(has(store, key), "round " + round);
        before = key;
      }
      store.flush();
      assertTrue(has(store, before));
    }
  }

  /** A sibling has, and has told nobody yet. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFirstSaveIntoADirectoryThatWasJustMadeIsFoundAtOnce(boolean withSlot) throws IOException {
    Fingerprint key = Payloads.key("made by a sibling");
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      if (withSlot) {
        // For a miss, which the files have told.
        assertFalse(has(store, key));
      }
      awaitFilter(store);
      Files.createDirectory(root.resolve(key.toHex()));
      assertFalse(has(store, key));

      save(store, key);

      assertTrue(has(store, key));
    }
  }

  @Test
  void whatIsSavedAgainAfterItWasRemovedIsFoundAtOnce() {
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      assertTrue(store.remove(key(3), "run"));
      awaitFilter(store);
      assertFalse(has(store, key(3)));

      save(store, key(3));

      assertTrue(has(store, key(3)));
    }
  }

  @Test
  void aListingThatFailsIsTriedAgainWhenMoreHaveMissed() {
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      awaitFilter(store);
      save(store, Payloads.key("voids it"));
      looks.failing = true;
      int before = looks.listings.get();
      Await.until(
          "it has failed",
          () -> {
            looksOf(store, MANY);
            return looks.listings.get() > before;
          });
      looks.failing = false;
      awaitFilter(store);
    }
  }

  /** Where each lookup looks no filter is asked; and none answers for what has expired. */
  @Test
  void theRootIsNotListedForMissesThatNoFilterAnswers() {
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      awaitFilter(store);
    }
    StoreOptions expiring =
        StoreOptions.defaults()
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withTtl(Duration.ofNanos(1))
            .withFileOps(looks);
    try (WarmStartStore each = open(Duration.ZERO, Durability.IN_FILES);
        WarmStartStore ofTtl = WarmStartStore.open(root, expiring);
        WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      Await.until("the root was scanned", () -> store.recorded().isPresent());
      awaitFilter(store);
      // What has missed meanwhile may make another one due.
      awaitRoundsOfAgent();
      int before = looks.listings.get();
      for (int lookup = 0; lookup < 2 * MANY; lookup++) {
        assertFalse(has(each, Payloads.key("not there " + lookup)));
        assertFalse(has(ofTtl, key(lookup % 20)));
      }
      awaitRoundsOfAgent();
      assertEquals(before, looks.listings.get());
    }
  }

  /** Each begins with a look at the root; a listing comes at its end, with two looks. */
  private void awaitRoundsOfAgent() {
    int before = looks.rootLooks.get();
    Await.until("the housekeeper comes by", () -> looks.rootLooks.get() >= before + 6);
  }

  @ParameterizedTest
  @EnumSource
  void aFirstSaveOfAnotherProcessIsFoundAtOnce(Durability durability) throws Exception {
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES);
        ForkedJvm other = ForkedJvm.start(Saver.class, root.toString(), durability.name())) {
      for (int round = 0; round < 5; round++) {
        awaitFilter(store);
        assertFalse(has(store, Saver.key(round)));

        other.tell();
        assertEquals(Integer.toString(round), other.awaitLine("saved"));

        assertTrue(has(store, Saver.key(round)), "round " + round);
      }
    }
  }

  /** It tells nobody; the root's change time does, however seldom that is to be looked at. */
  @Test
  void aFirstSaveOfAProcessThatCannotMapTheIndexIsFoundSoon() throws Exception {
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES);
        ForkedJvm other =
            ForkedJvm.start(Saver.class, root.toString(), "IN_FILES", "without the index")) {
      awaitFilter(store);

      other.tell();
      other.awaitLine("saved");

      Await.until("it is found", () -> has(store, Saver.key(0)));
    }
  }

  /** Saves one key after the other, each when told. */
  static final class Saver {
    private Saver() {}

    static Fingerprint key(int round) {
      return Payloads.key("of another process " + round);
    }

    public static void main(String[] arguments) throws IOException {
      StoreOptions options =
          StoreOptions.defaults().withDurability(Durability.valueOf(arguments[1]));
      if (arguments.length > 2) {
        options =
            options.withFileOps(
                new WatchedFileOps(
                    op -> {
                      if (op.path().getFileName().toString().startsWith("index")) {
                        throw new IOException("no index here");
                      }
                    }));
      }
      try (WarmStartStore store = WarmStartStore.open(Path.of(arguments[0]), options)) {
        warmUp(store, options.durability());
        for (int round = 0; ; round++) {
          ForkedJvm.awaitParent();
          store.save(key(round), PAYLOAD, EntryAttributes.checkpoint());
          System.out.println("saved " + round);
        }
      }
    }
  }
}
