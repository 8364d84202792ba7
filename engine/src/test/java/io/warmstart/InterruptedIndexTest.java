package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.IndexPatch;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.testing.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A thread that is being cancelled makes an index, or has it grow, as any other does. */
@Timeout(60)
class InterruptedIndexTest {
  @TempDir Path root;
  private final List<StoreTrouble> troubles = new CopyOnWriteArrayList<>();

  private WarmStartStore open() {
    StoreListener listener =
        new StoreListener() {
          @Override
          public void trouble(StoreTrouble trouble) {
            troubles.add(trouble);
          }
        };
    return WarmStartStore.open(
        root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withListener(listener));
  }

  @AfterEach
  void clear() {
    Thread.interrupted();
  }

  @Test
  void anInterruptedThreadMakesTheIndex() {
    Thread.currentThread().interrupt();
    try (WarmStartStore store = open()) {
      store.save(Payloads.key("k"), new byte[10], EntryAttributes.checkpoint());
      assertTrue(Thread.interrupted());
      Await.until("the root is counted", () -> store.recorded().isPresent());
      assertEquals(1, store.recorded().orElseThrow().entries());
    }
  }

  /** It was told as a full disk, and nobody's entries were recorded for a while. */
  @Test
  void anInterruptedThreadHasItGrow() throws Exception {
    try (WarmStartStore store = open()) {
      store.save(Payloads.key("first"), new byte[10], EntryAttributes.checkpoint());
    }
    IndexPatch.of(root.resolve(".warmstart")).useAllPagesBut(1);
    try (WarmStartStore store = open()) {
      Thread.currentThread().interrupt();
      for (int each = 0; each < 200; each++) {
        store.save(Payloads.key("k" + each), new byte[10], EntryAttributes.checkpoint());
      }
      assertTrue(Thread.interrupted());
      assertTrue(Files.exists(root.resolve(".warmstart/index-1")));
    }
    assertEquals(List.of(), troubles);
  }
}
