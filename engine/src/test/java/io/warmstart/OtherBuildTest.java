package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.OtherBuild;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two builds on one root, of which each lays out the shared files in its own way. */
@Tag("slow")
@Timeout(120)
class OtherBuildTest {
  @TempDir Path root;
  private final Fingerprint key = Payloads.key("two builds");

  /** The newer one could not open the root: an upgrade stopped all jobs that began during it. */
  @Test
  void theNewcomerGoesByFilesUntilTheOthersAreGoneAndLeavesTheirFilesAlone() throws Exception {
    Path controlFile = root.resolve(".warmstart/coordination");
    Path index = root.resolve(".warmstart/index");
    try (ForkedJvm other = ForkedJvm.start(OtherBuild.class, root.toString())) {
      assertEquals("true", other.awaitLine("holds"));
      byte[] theirs = Files.readAllBytes(controlFile);
      byte[] theirIndex = Files.readAllBytes(index);
      try (WarmStartStore store = WarmStartStore.open(root);
          ForkedJvm second = ForkedJvm.start(Newcomer.class, root.toString())) {
        second.awaitLine("saved");
        store.saveOverwrite(key, "r", new byte[] {1}, EntryAttributes.checkpoint());
        store.evictOverflow();
        try (Entry entry = store.lookup(key).orElseThrow()) {
          assertEquals(1, entry.payload().getByte(0));
        }
        assertTrue(store.lookup(Payloads.key("of the second")).isPresent());
        assertEquals(0, store.stats().liveProcesses(), "nothing is known of rows");
        assertArrayEquals(theirs, Files.readAllBytes(controlFile));
        assertArrayEquals(theirIndex, Files.readAllBytes(index));

        other.kill();

        // Each of the two waits, and neither for the other.
        Await.until("both are attached", () -> store.stats().liveProcesses() >= 2);
        store.lookup(key).orElseThrow().close();
        Await.until(
            "the index is made again",
            () -> {
              store.lookup(key).orElseThrow().close();
              return store.stats().count(StoreCounter.REBUILDS) > 0;
            });
      }
    }
  }

  /** Saves once and stays. */
  static final class Newcomer {
    private Newcomer() {}

    public static void main(String[] args) throws Exception {
      try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]))) {
        store.save(Payloads.key("of the second"), new byte[] {2}, EntryAttributes.checkpoint());
        System.out.println("saved");
        ForkedJvm.untilKilled();
      }
    }
  }
}
