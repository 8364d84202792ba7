package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A root was moved away under a process that had it open. Its saves failed after 32 attempts with
 * "others keep removing what is being saved", its lookups were misses, and when another directory
 * was given the name, the store was begun again in there.
 */
class RootGoneTest {

  @TempDir Path folder;
  private Path root;
  private Path elsewhere;
  private WarmStartStore store;
  private final Fingerprint key = Payloads.key("saved before");
  private final Fingerprint other = Payloads.key("never saved");

  @BeforeEach
  void open() throws IOException {
    folder = folder.toRealPath();
    root = folder.resolve("root");
    elsewhere = folder.resolve("elsewhere");
    store = WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES));
    store.saveOverwrite(key, "run", new byte[] {1}, EntryAttributes.checkpoint());
    store.lookup(key).orElseThrow().close();
    assertTrue(store.lookup(other).isEmpty());
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void assertSaysGone(Runnable operation) {
    StoreException gone = assertThrows(StoreException.class, operation::run);
    String message = String.valueOf(gone.getMessage());
    assertTrue(message.contains("the root is gone: "), message);
    assertTrue(message.contains("root=" + root), message);
    assertEquals(StoreException.class, gone.getClass());
  }

  private void save(Fingerprint to) {
    store.saveOverwrite(to, "run", new byte[] {2}, EntryAttributes.finalResult());
  }

  private boolean saysGone(Runnable operation) {
    try {
      operation.run();
      return false;
    } catch (StoreException e) {
      return String.valueOf(e.getMessage()).contains("the root is gone: ");
    }
  }

  @Test
  void everyOperationOnARootThatWasMovedSaysSo() throws Exception {
    // when
    Files.move(root, elsewhere);
    // A save into the journal may not notice it at once.
    Thread.sleep(20);

    // then
    assertSaysGone(() -> save(key));
    assertSaysGone(() -> save(other));
    assertSaysGone(() -> store.save(key, new byte[] {3}, EntryAttributes.checkpoint()));
    assertSaysGone(store::evictOverflow);
    assertSaysGone(store::keys);
    assertSaysGone(store::stats);
    assertSaysGone(() -> store.contents(key));
    assertSaysGone(() -> store.explain(key, Ranking.LATEST));
    assertSaysGone(() -> store.verify());
    assertSaysGone(store::flush);
    // What is in memory may be answered until the next heartbeat.
    Await.until(
        "it is said to be gone", () -> saysGone(() -> store.lookup(key).ifPresent(Entry::close)));
    Await.until(
        "it is said to be gone", () -> saysGone(() -> store.lookup(other).ifPresent(Entry::close)));
  }

  @Test
  void aReadOnlyStoreSaysSoInsteadOfAMiss() throws Exception {
    try (WarmStartStore reader =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withReadOnly(true))) {
      assertTrue(reader.lookup(other).isEmpty());
      Files.move(root, elsewhere);
      assertSaysGone(() -> reader.lookup(key).ifPresent(Entry::close));
      assertSaysGone(() -> reader.lookup(other).ifPresent(Entry::close));
    }
  }

  @Test
  void nothingIsWrittenIntoADirectoryThatTookTheName() throws Exception {
    // given another directory of the name, with a store of its own in it
    Files.move(root, elsewhere);
    Path aside = folder.resolve("aside");
    try (WarmStartStore another =
        WarmStartStore.open(aside, StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      another.save(key, new byte[] {7}, EntryAttributes.checkpoint());
    }
    Files.move(aside, root);
    List<String> before = OtherUser.ownersAndModes(root);

    // when the store has had every occasion to come to it
    assertSaysGone(() -> save(key));
    assertSaysGone(() -> save(other));
    Await.until(
        "it is said to be gone", () -> saysGone(() -> store.lookup(key).ifPresent(Entry::close)));
    Await.until(
        "it is said to be gone", () -> saysGone(() -> store.lookup(other).ifPresent(Entry::close)));
    assertSaysGone(() -> save(key));

    // then
    assertEquals(before, OtherUser.ownersAndModes(root));
  }

  @Test
  void whenTheRootIsBackAllGoesOn() throws Exception {
    // given
    Files.move(root, elsewhere);
    assertSaysGone(() -> save(key));
    Await.until(
        "it is said to be gone", () -> saysGone(() -> store.lookup(key).ifPresent(Entry::close)));

    // when
    Files.move(elsewhere, root);

    // then
    save(other);
    save(key);
    Await.until("it is back", () -> !saysGone(() -> store.lookup(key).ifPresent(Entry::close)));
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertEquals(EntryKind.FINAL, entry.kind());
    }
    assertTrue(store.lookup(other).isPresent());
    Await.answer(1, () -> store.stats().liveProcesses());
    assertTrue(store.verify().clean());
  }
}
