package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.OnceBefore;
import io.warmstart.model.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A program that takes no lock renames a payload, syncs, and renames the manifest. A read-only
 * store that met the new payload beside the old manifest answered a miss: 201 of 792 lookups of a
 * key that always had an entry.
 */
@Tag("once")
class ForeignOverwriteTest extends ForeignNewVersion {
  ForeignOverwriteTest() {
    super(70);
  }

  /** A look at the times of a file of the key. */
  private static boolean isLook(FileOp op, String name) {
    return op.kind() == Kind.CHANGED && op.path().endsWith(name);
  }

  private WarmStartStore open(OnceBefore ops, boolean readOnly) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withFileOps(ops)
            .withReadOnly(readOnly)
            .withForeignCheckInterval(Duration.ZERO));
  }

  @Test
  void aReadOnlyStoreWaitsForTheManifest() throws IOException {
    OnceBefore ops = new OnceBefore();
    try (WarmStartStore readOnly = open(ops, true)) {
      newVersion.renamePayload();
      ops.arm(op -> isLook(op, RUN + ".json"), 3, newVersion::renameManifest);

      assertEquals("new", version(readOnly));
      assertTrue(ops.done());
    }
  }

  @Test
  void alsoForAWriterThatTakesLongerThanMostDo() throws IOException {
    OnceBefore ops = new OnceBefore();
    newVersion.renamePayload();
    OldEnough.awaitAge(Duration.ofMillis(150), root.resolve(KEY.toHex()).resolve(RUN + ".bin"));
    ops.arm(op -> isLook(op, RUN + ".json"), 8, newVersion::renameManifest);
    try (WarmStartStore readOnly = open(ops, true)) {
      assertEquals("new", version(readOnly));
      assertTrue(ops.done());
    }
  }

  /** Its manifest is staged: so it is between its renames, however long its sync has taken. */
  @Test
  void alsoForAWriterWhoseStagedManifestIsSeen() throws IOException {
    for (boolean readOnly : new boolean[] {true, false}) {
      OnceBefore ops = new OnceBefore();
      newVersion.renamePayload();
      Path payload = root.resolve(KEY.toHex()).resolve(RUN + ".bin");
      OldEnough.awaitAge(Duration.ofMillis(1_100), payload);
      newVersion.stageManifest();
      String staged = HalfPublished.stagedName(RUN);
      ops.arm(op -> isLook(op, staged), 3, newVersion::renameManifest);
      try (WarmStartStore store = open(ops, readOnly)) {
        assertEquals("new", version(store));
        assertTrue(ops.done());
      }
      saveOld();
    }
  }

  /** Until the manifest is renamed the old version is the entry, and this process still has it. */
  @Test
  void aStoreThatHasTheOldVersionInMemoryAnswersIt() throws IOException {
    OnceBefore ops = new OnceBefore();
    try (WarmStartStore store = open(ops, false)) {
      assertEquals("old", version(store));
      newVersion.renamePayload();

      assertEquals("old", version(store));

      newVersion.renameManifest();
      assertEquals("new", version(store));
      assertTrue(store.verify().clean());
    }
  }

  @Test
  void aReadOnlyStoreWaitsForAManifestThatIsBeingWrittenInPlace() throws IOException {
    OnceBefore ops = new OnceBefore();
    Path manifest = root.resolve(KEY.toHex()).resolve(RUN + ".json");
    byte[] whole = Files.readAllBytes(manifest);
    try (WarmStartStore readOnly = open(ops, true)) {
      Files.write(manifest, new byte[0]);
      ops.arm(op -> isLook(op, RUN + ".json"), 2, () -> Files.write(manifest, whole));

      assertEquals("old", version(readOnly));
      assertTrue(ops.done());
    }
  }
}
