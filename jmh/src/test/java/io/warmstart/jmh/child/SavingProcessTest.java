package io.warmstart.jmh.child;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.jmh.child.SavingChild.Orders;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Sizing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
@Timeout(120)
class SavingProcessTest {
  @TempDir Path directory;

  private SavingProcess start(PeerKind kind, Path root) throws IOException {
    return SavingProcess.start(
        new Orders(kind, root.toString(), new Sizing(1000, 256), 0, 4, true));
  }

  /** A benchmark that failed left its writers behind, which wrote for ever and held its output. */
  @Test
  void whoeverIsLeftAloneEnds() throws IOException, InterruptedException {
    try (SavingProcess saving = start(PeerKind.WARMSTART, directory.resolve("root"))) {
      saving.go();

      assertTrue(saving.abandon().waitFor(60, TimeUnit.SECONDS));
    }
  }

  /** The original's saves fail when a sibling sweeps: that ended a run of benchmarks. */
  @Test
  void savesThatFailAreCounted() throws IOException, InterruptedException {
    Path root = directory.resolve("root");
    try (SavingProcess saving = start(PeerKind.ORIGINAL, root)) {
      Files.move(root, directory.resolve("moved"));
      Files.createFile(root);
      saving.go();

      SavingProcess.Saves saves = saving.stop();

      assertTrue(saves.failed() > 0);
      assertEquals(0, saves.nanos().getTotalCount());
    }
  }
}
