package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.format.StagedName;
import io.warmstart.model.Fingerprint;
import io.warmstart.pair.KeyDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roots of earlier versions, whose overwrites kept a link to the payload that they replaced. */
class KeptLinkTest {
  private static final String RUN = "r";
  private static final Fingerprint KEY = FaultScenario.KEY;
  private static final String ENTRY = FaultScenario.entry(KEY, RUN);

  @TempDir Path root;
  private Path kept;

  @BeforeEach
  void overwriteAsEarlierVersionsDid() throws IOException {
    KeyDirectory directory = FaultScenario.directory(root, KEY);
    kept = directory.staged(FaultScenario.stagedByDead(RUN, StagedName.Role.PREVIOUS));
    try (WarmStartStore store = FaultScenario.openHealthy(root)) {
      FaultScenario.save(store, KEY, RUN, "old", 1);
    }
    Files.createLink(kept, directory.payload(RUN));
  }

  @Test
  void aLinkThatAFinishedOverwriteHasLeftIsRemoved() throws IOException {
    try (WarmStartStore store = FaultScenario.openHealthy(root)) {
      FaultScenario.save(store, KEY, RUN, "new", 1);

      store.evictOverflow();

      assertEquals(List.of(), RootFiles.read(root).staged);
      assertEquals(Map.of(ENTRY, "new"), RootFiles.read(root).whole);
    }
  }

  /** Of the new version one half is gone: only the one before can still be whole. */
  @Test
  void aLinkThatAloneFitsTheManifestIsPutBack() throws IOException {
    Files.delete(FaultScenario.directory(root, KEY).payload(RUN));
    Files.write(FaultScenario.directory(root, KEY).payload(RUN), Versions.payload("new", 1000));
    try (WarmStartStore store = FaultScenario.openHealthy(root)) {
      try (Entry entry = store.lookup(KEY).orElseThrow()) {
        assertEquals("old", Versions.nameOf(entry));
      }
      assertEquals(List.of(), RootFiles.read(root).staged);
      assertEquals(Map.of(ENTRY, "old"), RootFiles.read(root).whole);
    }
  }

  @Test
  void aCutOffOverwriteThatLeftOneIsCompletedAndTheLinkRemoved() throws IOException {
    FaultScenario.cutOffOverwrite(root, KEY, RUN, "new", 1);
    try (WarmStartStore store = FaultScenario.openHealthy(root)) {
      store.evictOverflow();
    }
    assertEquals(List.of(), RootFiles.read(root).staged);
    assertEquals(Map.of(ENTRY, "new"), RootFiles.read(root).whole);
  }
}
