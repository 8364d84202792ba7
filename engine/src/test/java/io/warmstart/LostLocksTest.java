package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.index.ForkedJvm;
import io.warmstart.model.StoreCounter;
import io.warmstart.process.ControlFile;
import io.warmstart.testing.Await;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Something in a process opens the lock file and closes it: the kernel drops all its locks. */
@Tag("slow")
@Timeout(120)
class LostLocksTest {
  @TempDir Path root;

  /**
   * A tool that copied the root did it from within the job. From then on the job counted as dead:
   * another process removed the files that it was staging, 171 of them, and every save failed.
   */
  @Test
  void theNextHeartbeatTakesThemAgainAndWhatIsStagedStaysItsOwners() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm other = ForkedJvm.start(Copied.class, root.toString())) {
      Owner owner = Objects.requireNonNull(Owner.parse(other.awaitLine("owner")));
      assertEquals(2, store.stats().liveProcesses());
      other.tell();

      assertEquals("1", other.awaitLine("lost"));

      assertEquals(2, store.stats().liveProcesses());
      assertEquals(owner.toText(), other.awaitLine("owner"), "its row, in the same epoch");
      KeyFiles files = KeyFiles.created(root, Payloads.key("staged"));
      Path staged =
          Files.writeString(
              files.file(new StagedName("r", StagedName.Role.PAYLOAD, owner, 1).toText()), "s");
      store.evictOverflow();
      assertTrue(Files.exists(staged));

      other.kill();

      assertEquals(1, store.evictOverflow().leftoversRemoved(), "and not longer than it lives");
    }
  }

  /** Opens and closes the lock file when it is told, and says when that was noticed. */
  static final class Copied {
    private Copied() {}

    public static void main(String[] args) throws Exception {
      Path root = Path.of(args[0]);
      WarmStartStore store = WarmStartStore.open(root);
      Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
      ControlFile before = engine.siblings().controlFile().orElseThrow();
      System.out.println("owner " + before.owner().toText());
      ForkedJvm.awaitParent();
      FileChannel.open(root.resolve(".warmstart/locks")).close();
      // Attached again, which is after the loss was counted.
      Await.until("it is attached", () -> engine.siblings().controlFile().orElse(before) != before);
      System.out.println("lost " + lost(store));
      System.out.println("owner " + engine.siblings().controlFile().orElseThrow().owner().toText());
      ForkedJvm.untilKilled();
    }

    private static long lost(WarmStartStore store) {
      return store.stats().count(StoreCounter.LOCKS_LOST);
    }
  }
}
