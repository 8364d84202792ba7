package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.FileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A root on which every process saves once and ends, as with the command line: what a killed one
 * had staged stayed for ever. A regular sweep comes after a minute of saving, which none of them
 * lived to see.
 */
@Tag("slow")
@Tag("once")
class DeadSaverTest {
  @TempDir Path directory;
  private Path root;

  @BeforeEach
  void realRoot() throws IOException {
    root = directory.toRealPath();
  }

  private void killASaveOf(String run) throws Exception {
    try (ForkedJvm child =
        ForkedJvm.start(SavingProcess.class, "stop-at", root.toString(), run, "0")) {
      child.awaitLine("stopped");
      child.kill();
    }
    assertFalse(RootFiles.read(root).staged.isEmpty(), "the dead process's files");
  }

  private int saveAndEnd(String key) {
    AtomicInteger scans = new AtomicInteger();
    // Each listing of the root is a scan of all keys.
    FileOps ops =
        new WatchedFileOps(
            op -> {
              if (op.kind() == Kind.LIST && op.path().equals(root)) {
                scans.incrementAndGet();
              }
            });
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops))) {
      store.save(Payloads.key(key), new byte[10], EntryAttributes.checkpoint());
    }
    return scans.get();
  }

  @Test
  void theNextSaveOfAShortProcessRemovesWhatADeadOneHadStaged() throws Exception {
    saveAndEnd("before");
    killASaveOf("dead");

    saveAndEnd("after");

    assertEquals(List.of(), RootFiles.read(root).staged);
  }

  /** A half that is too young to judge may be wanted by one staged file, but by no whole pair. */
  @Test
  void whatADeadOneHadStagedGoesEvenIfItsRunHasLostItsManifest() throws Exception {
    Fingerprint key = Payloads.key("dead");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(key, "dead", new byte[10], EntryAttributes.checkpoint());
      killASaveOf("dead");
      Path directory = root.resolve(key.toHex());
      Files.delete(directory.resolve("dead.json"));

      assertTrue(store.evictOverflow().leftoversRemoved() > 0);

      assertEquals(List.of(), RootFiles.read(root).staged);
      assertTrue(Files.exists(directory.resolve("dead.bin")));
    }
  }

  @Test
  void onlyTheFirstSaveAfterADeathScansTheRoot() throws Exception {
    saveAndEnd("before");
    killASaveOf("dead");

    assertEquals(1, saveAndEnd("first"));
    assertEquals(0, saveAndEnd("second"));
    assertEquals(0, saveAndEnd("third"));
  }

  /** It takes the dead one's process slot, and with that the only trace of the death. */
  @Test
  void aReaderInBetweenDoesNotHideTheDeathFromTheNextSaver() throws Exception {
    saveAndEnd("before");
    killASaveOf("dead");

    try (WarmStartStore reader = WarmStartStore.open(root)) {
      assertTrue(reader.lookup(Payloads.key("before")).isPresent());
    }
    saveAndEnd("after");

    assertEquals(List.of(), RootFiles.read(root).staged);
  }

  @Test
  void whatALivingProcessHasStagedStays() throws Exception {
    saveAndEnd("before");
    killASaveOf("dead");
    try (ForkedJvm child =
        ForkedJvm.start(SavingProcess.class, "stop-at", root.toString(), "living", "0")) {
      child.awaitLine("stopped");
      List<String> all = List.copyOf(RootFiles.read(root).staged);

      saveAndEnd("after");

      List<String> left = List.copyOf(RootFiles.read(root).staged);
      assertFalse(left.isEmpty());
      assertTrue(left.size() < all.size(), () -> "before: " + all + " after: " + left);
    }
  }
}
