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

  /** What somebody does between two looks of one lookup, and what that returns. */
  private interface Attempt {
    String run(OnceBefore ops) throws IOException;
  }

  /**
   * Nobody waits for a change that is old, and a pause of this JVM can make it so before the lookup
   * begins. Then nothing has happened between its looks, and the test is run again.
   */
  private void assertWaits(String expected, Attempt attempt) throws IOException {
    OnceBefore ops = new OnceBefore();
    String found = attempt.run(ops);
    for (int more = 0; more < 10 && !ops.done(); more++) {
      saveOld();
      ops = new OnceBefore();
      found = attempt.run(ops);
    }
    assertEquals(expected, found);
    assertTrue(ops.done());
  }

  @Test
  void aReadOnlyStoreWaitsForTheManifest() throws IOException {
    assertWaits(
        "new",
        ops -> {
          try (WarmStartStore readOnly = open(ops, true)) {
            newVersion.renamePayload();
            ops.arm(op -> isLook(op, RUN + ".json"), 3, newVersion::renameManifest);
            return version(readOnly);
          }
        });
  }

  @Test
  void alsoForAWriterThatTakesLongerThanMostDo() throws IOException {
    Path payload = root.resolve(KEY.toHex()).resolve(RUN + ".bin");
    assertWaits(
        "new",
        ops -> {
          newVersion.renamePayload();
          OldEnough.awaitAge(Duration.ofMillis(150), payload);
          ops.arm(op -> isLook(op, RUN + ".json"), 8, newVersion::renameManifest);
          try (WarmStartStore readOnly = open(ops, true)) {
            return version(readOnly);
          }
        });
  }

  /** Its manifest is staged: so it is between its renames, however long its sync has taken. */
  @Test
  void alsoForAWriterWhoseStagedManifestIsSeen() throws IOException {
    Path payload = root.resolve(KEY.toHex()).resolve(RUN + ".bin");
    String staged = HalfPublished.stagedName(RUN);
    for (boolean readOnly : new boolean[] {true, false}) {
      assertWaits(
          "new",
          ops -> {
            newVersion.renamePayload();
            OldEnough.awaitAge(Duration.ofMillis(1_100), payload);
            Files.deleteIfExists(payload.resolveSibling(staged));
            newVersion.stageManifest();
            ops.arm(op -> isLook(op, staged), 3, newVersion::renameManifest);
            try (WarmStartStore store = open(ops, readOnly)) {
              return version(store);
            }
          });
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
    Path manifest = root.resolve(KEY.toHex()).resolve(RUN + ".json");
    assertWaits(
        "old",
        ops -> {
          byte[] whole = Files.readAllBytes(manifest);
          try (WarmStartStore readOnly = open(ops, true)) {
            Files.write(manifest, new byte[0]);
            ops.arm(op -> isLook(op, RUN + ".json"), 2, () -> Files.write(manifest, whole));
            return version(readOnly);
          }
        });
  }
}
