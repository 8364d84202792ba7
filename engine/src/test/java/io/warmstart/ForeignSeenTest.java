package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A save looks for touches of the original, and again for its own pair, only where a program was
 * noticed that takes no lock of ours.
 */
class ForeignSeenTest {
  private static final String RUN = "run";
  private static final EntryAttributes PLAIN = EntryAttributes.checkpoint();

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("seen");
  private final AtomicInteger listings = new AtomicInteger();

  /** Counts the listings of key directories that saves make. */
  private final FileOps ops =
      new WatchedFileOps(
          op -> {
            if (op.kind() == Kind.LIST
                && op.path().getFileName().toString().length() == 64
                && !Thread.currentThread().getName().startsWith("warmstart-")) {
              listings.incrementAndGet();
            }
          });

  private WarmStartStore open() {
    WarmStartStore store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(ops));
    save(store, 1);
    store.evictOverflow();
    save(store, 2);
    return store;
  }

  private void save(WarmStartStore store, int version) {
    store.saveOverwrite(key, RUN, new byte[] {(byte) version}, PLAIN);
  }

  private boolean isCareful(WarmStartStore store) {
    int before = listings.get();
    save(store, 9);
    return listings.get() > before;
  }

  private Path manifest() {
    return KeyFiles.of(root, key).file(RUN + ".json");
  }

  /** A touch of the original: the same manifest in another file. */
  private void touch() throws IOException {
    Path staged = KeyFiles.of(root, key).file(RUN + ".json.touch.tmp.1.1");
    Files.copy(manifest(), staged);
    Files.move(staged, manifest(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void whereNobodyWasSeenNoOverwriteLooks() {
    try (WarmStartStore store = open()) {
      assertEquals(false, isCareful(store));
      assertEquals(0, ForeignTraces.seen(store));
    }
  }

  /** Else every process with readers beside it would look all the time. */
  @Test
  void ourOwnTouchesAndThoseOfSiblingsAreNoTrace() {
    try (WarmStartStore store = open()) {
      store.lookup(key).orElseThrow().close();
      store.flush();

      assertEquals(false, isCareful(store));
    }
  }

  @Test
  void aTouchBetweenTwoOverwritesIsATrace() throws IOException {
    try (WarmStartStore store = open()) {
      touch();

      assertTrue(isCareful(store), "already the save that has found it");
      assertEquals(1, ForeignTraces.seen(store));
      assertTrue(isCareful(store), "and the next");
    }
  }

  @Test
  void aTemporaryThatASweepMeetsIsATrace() throws IOException {
    try (WarmStartStore store = open()) {
      ForeignTraces.show(root, key, store);

      assertTrue(isCareful(store));
    }
  }

  @Test
  void aYoungManifestOfAnotherProducerIsATrace() throws IOException {
    try (WarmStartStore store = open()) {
      String ours = Files.readString(manifest());
      Files.write(
          manifest(), ours.replaceFirst(" *\"producer\".*\n", "").getBytes(StandardCharsets.UTF_8));

      store.lookup(key).orElseThrow().close();

      assertEquals(1, ForeignTraces.seen(store));
      assertTrue(isCareful(store));
    }
  }

  /** A process that comes later, or is a sibling, knows of it by the shared counter. */
  @Test
  void whatAnotherProcessHasSeenMakesALaterOneCareful() throws IOException {
    try (WarmStartStore store = open()) {
      touch();
      save(store, 3);
    }
    try (WarmStartStore later = open()) {
      assertTrue(isCareful(later));
    }
  }
}
