package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process whose heap is small beside a root that nobody has counted. */
@Tag("slow")
@Tag("once")
@Timeout(120)
class ManyEntriesTest {
  private static final int KEYS = 300;
  private static final int RUNS = 300;

  @TempDir Path root;

  /**
   * A scan kept all entries in memory: with a heap of 32 MiB the first save to a root of 100,000
   * did not return, and the housekeeper's thread ended.
   */
  @Test
  void aRootOfManyEntriesIsCountedInASmallHeap() throws Exception {
    Fingerprint first = Payloads.key("many");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(first, "r", new byte[0], EntryAttributes.checkpoint());
      store.flush();
    }
    copy(root.resolve(first.toHex()));
    Files.delete(root.resolve(".warmstart/index"));
    try (ForkedJvm child =
        ForkedJvm.command(SmallHeap.class, root.toString()).flag("-Xmx20m").start()) {
      assertEquals(Integer.toString(KEYS * RUNS + 1), child.awaitLine("entries"));
    }
  }

  /** Links, which cost no blocks; of one file ext4 makes no more than 65,000. */
  private void copy(Path pair) throws IOException {
    for (int key = 0; key < KEYS; key++) {
      Path directory = key == 0 ? pair : root.resolve(Payloads.key("many " + key).toHex());
      Files.createDirectories(directory);
      for (String suffix : List.of(".bin", ".json")) {
        Path first = directory.resolve("r" + suffix);
        if (key > 0) {
          Files.copy(pair.resolve("r" + suffix), first);
        }
        for (int run = 1; run < RUNS; run++) {
          Files.createLink(directory.resolve("r" + run + suffix), first);
        }
      }
    }
  }

  /** Saves, and waits until the root is counted. */
  static final class SmallHeap {
    private SmallHeap() {}

    public static void main(String[] args) throws Exception {
      try (WarmStartStore store =
          WarmStartStore.open(
              Path.of(args[0]), StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
        store.saveOverwrite(
            Payloads.key("one more"), "r", new byte[0], EntryAttributes.checkpoint());
        Await.until("the root is counted", () -> store.recorded().isPresent());
        System.out.println("entries " + store.recorded().orElseThrow().entries());
      }
    }
  }
}
