package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A store that only reads goes by the index that others keep up: it hits from memory, sees at once
 * what they save, and stores nothing there.
 */
class ReadOnlyIndexTest extends ForeignNewVersion {
  private final AtomicInteger operations = new AtomicInteger();
  private final Thread looking = Thread.currentThread();

  ReadOnlyIndexTest() {
    super(60);
  }

  private WarmStartStore openReadOnly() {
    ObservedFileOps ops =
        new WatchedFileOps(
            op -> {
              if (Thread.currentThread() == looking && op.path().toString().contains(KEY.toHex())) {
                operations.incrementAndGet();
              }
            });
    return WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true).withFileOps(ops));
  }

  private void use(WarmStartStore store, Duration how) {
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < how.toNanos()) {
      assertEquals("old", version(store));
    }
  }

  /** Longer than between two looks. */
  private void use(WarmStartStore store) {
    use(store, Duration.ofMillis(400));
  }

  @Test
  void hitsFromMemoryTouchNoFileOfTheKey() throws IOException {
    awaitOld();
    try (WarmStartStore readOnly = openReadOnly()) {
      for (int round = 0; round < 3; round++) {
        assertEquals("old", version(readOnly));
      }
      // Longer than between two notes of a use. Where the ticking clock is late the lookup looks,
      // which here is the machine's doing.
      assertUncounted(operations, () -> use(readOnly, Duration.ofMillis(1500)));
    }
  }

  @Test
  void whatAStoreThatWritesSavesIsSeenAtOnce() throws IOException {
    awaitOld();
    try (WarmStartStore readOnly = openReadOnly();
        WarmStartStore store = WarmStartStore.open(root)) {
      for (int length = 100; length < 200; length++) {
        for (int round = 0; round < 3; round++) {
          version(readOnly);
        }
        Durability durability = length % 2 == 0 ? Durability.IN_FILES : Durability.PROCESS_SAFE;
        store.saveOverwrite(
            KEY, RUN, Payload.of(new byte[length]), EntryAttributes.checkpoint(), durability);
        try (Entry entry = readOnly.lookup(KEY, Ranking.LATEST).orElseThrow()) {
          assertEquals(length, entry.payloadLength());
        }
      }
      store.remove(KEY);
      assertTrue(readOnly.lookup(KEY).isEmpty());
    }
  }

  @Test
  void whatAnotherProgramChangesIsSeen() throws IOException {
    awaitOld();
    try (WarmStartStore readOnly = openReadOnly()) {
      use(readOnly);
      newVersion.copyInPlace();
      Await.until("the other version", () -> version(readOnly).equals("new"));
    }
  }

  @Test
  void itStoresNothing() throws IOException {
    awaitOld();
    Path index = root.resolve(".warmstart/index");
    byte[] before = Files.readAllBytes(index);
    try (WarmStartStore readOnly = openReadOnly()) {
      use(readOnly);
      assertTrue(readOnly.lookup(Payloads.key("missing")).isEmpty());
      newVersion.copyInPlace();
      Await.until("the other version", () -> version(readOnly).equals("new"));
    }
    assertArrayEquals(before, Files.readAllBytes(index));
  }

  /** A foreign writer that stands still between its renames leaves no whole version on disk. */
  @Test
  void besideAStoppedForeignWriterTheLastVersionIsInMemory() throws IOException {
    awaitOld();
    try (WarmStartStore readOnly = openReadOnly()) {
      use(readOnly);
      newVersion.renamePayload();
      use(readOnly, Duration.ofSeconds(1));
      newVersion.stageManifest();
      newVersion.renameManifest();
      Await.until("the other version", () -> version(readOnly).equals("new"));
    }
  }

  @Test
  void withoutAnIndexItReadsTheFiles() throws IOException {
    awaitOld();
    Files.delete(root.resolve(".warmstart/index"));
    try (WarmStartStore readOnly = openReadOnly()) {
      use(readOnly);
      newVersion.copyInPlace();
      assertEquals("new", version(readOnly));
    }
  }

  /** The index is given up while it is mapped, and another one made. */
  @Tag("slow")
  @Test
  void anIndexThatIsReplacedIsLeft() throws IOException, InterruptedException {
    // With an interval of 0 nothing is looked at in the background.
    for (Duration interval : List.of(Duration.ofDays(2), Duration.ZERO)) {
      saveOld();
      awaitOld();
      assertReplacedIndexIsLeft(interval);
    }
  }

  private void assertReplacedIndexIsLeft(Duration interval)
      throws IOException, InterruptedException {
    try (WarmStartStore readOnly =
        WarmStartStore.open(
            root, StoreOptions.defaults().withReadOnly(true).withForeignCheckInterval(interval))) {
      for (int round = 0; round < 3; round++) {
        assertEquals("old", version(readOnly));
      }
      Files.delete(root.resolve(".warmstart/index"));
      try (WarmStartStore store = WarmStartStore.open(root)) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(2)) {
          version(readOnly);
          TimeUnit.MILLISECONDS.sleep(1);
        }
        store.saveOverwrite(KEY, RUN, Versions.payload("new", 60), EntryAttributes.checkpoint());
        assertEquals("new", version(readOnly));
      }
    }
  }
}
