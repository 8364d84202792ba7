package io.warmstart.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How often a save lists its key's directory for touches of the original store. Each did once, so
 * that saves under one key cost 0.2 ms more for each 150 entries that it had; now only where a
 * program was seen that takes no lock.
 */
class ForeignTouchesTest {
  private static final String RUN = "run";

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("listed");
  private final AtomicInteger listings = new AtomicInteger();

  private Path directory() {
    return root.resolve(key.toHex());
  }

  private WarmStartStore open() {
    WarmStartStore store =
        WarmStartStore.open(
            root,
            StoreOptions.defaults()
                .withDurability(Durability.IN_FILES)
                .withFileOps(
                    new WatchedFileOps(
                        op -> {
                          if (op.kind() == Kind.LIST && op.path().equals(directory())) {
                            listings.incrementAndGet();
                          }
                        })));
    store.evictOverflow();
    return store;
  }

  private int listingsOfOverwrites(WarmStartStore store, int overwrites) {
    int before = listings.get();
    for (int each = 0; each < overwrites; each++) {
      store.saveOverwrite(key, RUN, new byte[10], EntryAttributes.checkpoint());
    }
    return listings.get() - before;
  }

  @Test
  void saveOfNewRunListsNothing() {
    try (WarmStartStore store = open()) {
      for (int each = 0; each < 20; each++) {
        store.save(key, new byte[10], EntryAttributes.checkpoint());
      }
      assertEquals(0, listings.get());
    }
  }

  @Test
  void overwriteListsNothingWhereNoStrangerWasSeen() {
    try (WarmStartStore store = open()) {
      assertEquals(0, listingsOfOverwrites(store, 20));
    }
  }

  @Test
  void whereATouchWasSeenEachOverwriteLooksForTheNext() throws IOException {
    try (WarmStartStore store = open()) {
      listingsOfOverwrites(store, 1);
      Files.createFile(directory().resolve("another.json.touch.tmp.1.1"));
      store.evictOverflow();
      assertEquals(10, listingsOfOverwrites(store, 10));
    }
  }
}
