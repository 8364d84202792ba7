package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.OnceBefore;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A removal that fails, before anything was removed or after the manifest was. */
@Tag("slow")
@Timeout(60)
class FailedRemovalTest {
  private static final Fingerprint KEY = Payloads.key("half removed");
  private static final String RUN = "r";

  @TempDir Path parent;
  private final FaultyFileOps ops = new FaultyFileOps();
  private Path root;
  private WarmStartStore store;

  private void save() {
    store.saveOverwrite(KEY, RUN, new byte[10], EntryAttributes.checkpoint());
  }

  @BeforeEach
  void open() {
    root = parent.resolve("root");
    store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE).withFileOps(ops));
    Journalled.until(store, this::save);
    store.flush();
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void removeHalf() {
    ops.onlyAt(
        op -> op.kind() == Kind.UNLINK && op.path().getFileName().toString().equals(RUN + ".bin"));
    ops.arm(Fault.EIO, false, 0, root);
    assertThrows(StoreException.class, () -> store.remove(KEY, RUN));
    ops.disarm();
  }

  @Test
  void theNextCallRemovesTheRest() {
    removeHalf();
    assertTrue(store.lookup(KEY).isEmpty());
    assertTrue(store.remove(KEY, RUN));
    assertFalse(store.remove(KEY, RUN));
    assertTrue(store.verify().clean());
  }

  /** Beside a program that tells no index the journal would take nothing for minutes. */
  @Test
  void itIsNotTakenForTheWorkOfAnotherProgram() {
    removeHalf();
    save();
    store.flush();
    assertEquals(0, store.stats().count(StoreCounter.FOREIGN_SEEN));
    Journalled.until(store, this::save);
  }

  /** A second sync of the same file would succeed, whatever has become of its bytes. */
  @Test
  void aSegmentThatCouldNotBeSyncedIsInTheWayUntilItIsGone() throws Exception {
    Path shared = parent.resolve("shared");
    try (ForkedJvm child =
            ForkedJvm.start(
                JournallingProcess.class,
                "count",
                shared.toString(),
                "of the other",
                Durability.PROCESS_SAFE.name(),
                "1");
        WarmStartStore inFiles =
            WarmStartStore.open(
                shared,
                StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(ops))) {
      child.awaitLine("ready");
      inFiles.saveOverwrite(KEY, RUN, new byte[10], EntryAttributes.checkpoint());
      ops.onlyAt(
          op ->
              op.kind() == Kind.SYNC && op.path().startsWith(shared.resolve(".warmstart/journal")));
      ops.arm(Fault.EIO, false, 0, shared);
      assertThrows(StoreException.class, () -> inFiles.remove(KEY, RUN));
      ops.disarm();

      StoreException refused = assertThrows(StoreException.class, () -> inFiles.remove(KEY, RUN));
      assertTrue(refused.toString().contains("has failed before"), refused.toString());
      assertTrue(inFiles.lookup(KEY).isPresent());
      child.kill();
      assertTrue(inFiles.remove(KEY, RUN));
    }
    assertEquals(List.of(), ops.violations());
  }

  /** It said that the entry stays, and not a word of those that had gone. */
  @Test
  void aPinThatComesWhileOthersGoIsToldWithWhatHasGone() {
    Path pinned = parent.resolve("pinned");
    OnceBefore pinning = new OnceBefore();
    pinning.arm(
        op -> op.kind() == Kind.UNLINK && op.path().endsWith("a.json"),
        1,
        () -> {
          Path pins = Files.createDirectories(pinned.resolve(".warmstart/pins"));
          Files.createFile(pins.resolve(KEY.toHex() + "+b+pin"));
        });
    StoreOptions options =
        StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(pinning);
    try (WarmStartStore inFiles = WarmStartStore.open(pinned, options)) {
      for (String run : List.of("a", "b", "c")) {
        inFiles.saveOverwrite(KEY, run, new byte[10], EntryAttributes.checkpoint());
      }

      StoreException thrown = assertThrows(StoreException.class, () -> inFiles.remove(KEY));

      assertTrue(
          String.valueOf(thrown.getMessage()).startsWith("not all was removed, 1 were: "),
          thrown::toString);
      assertEquals(
          List.of("b", "c"),
          inFiles.contents(KEY).entries().stream().map(each -> each.runId()).sorted().toList());
    }
  }
}
