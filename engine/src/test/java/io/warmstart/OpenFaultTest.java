package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.InMemory;
import io.warmstart.io.Trees;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The opening of a root that meets a fault at any of its operations on files. */
@Tag("slow")
@Tag("once")
class OpenFaultTest {
  @TempDir(factory = InMemory.class)
  Path work;

  @ParameterizedTest
  @CsvSource({
    "EIO, false, true",
    "EIO, true, true",
    "ENOSPC, false, true",
    "ENOSPC, true, false",
    "EACCES, false, false",
    "EACCES, true, true"
  })
  void openingWorksOrTellsWhyAndTheNextOneWorks(Fault fault, boolean persistent, boolean exists)
      throws IOException {
    for (int index = 0; ; index++) {
      Path root = work.resolve("root");
      if (exists) {
        Files.createDirectory(root);
        try (WarmStartStore store = FaultScenario.openHealthy(root)) {
          FaultScenario.save(store, FaultScenario.KEY, "r", "old", 1);
        }
      }
      FaultyFileOps ops = new FaultyFileOps();
      ops.countLocksThread();
      ops.arm(fault, persistent, index, root);
      try (WarmStartStore store =
          WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops))) {
        ops.disarm();
        // What it could do without, it does without.
        FaultScenario.save(store, FaultScenario.KEY, "r", "new", 1);
      } catch (StoreException e) {
        ops.disarm();
        checkError(fault, e, root);
      }
      try (WarmStartStore store = FaultScenario.openHealthy(root)) {
        if (exists) {
          store.lookup(FaultScenario.KEY).orElseThrow().close();
        }
        FaultScenario.save(store, FaultScenario.KEY, "r", "healthy", 1);
        assertTrue(store.verify().clean());
      }
      Trees.delete(root);
      if (ops.failed() == null) {
        assertTrue(index >= 8, "operations: " + index);
        return;
      }
    }
  }

  private static void checkError(Fault fault, StoreException thrown, Path root) {
    String message = String.valueOf(thrown.getMessage());
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.contains(root.toString()), message);
    Class<?> expected =
        switch (fault) {
          case ENOSPC -> StorageFullException.class;
          case EACCES -> ReadOnlyStoreException.class;
          case EIO, VANISHED, INTERRUPT -> StoreException.class;
        };
    assertEquals(expected, thrown.getClass(), message);
  }
}
