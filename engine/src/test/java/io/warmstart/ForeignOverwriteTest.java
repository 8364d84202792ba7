package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program that takes no lock renames a payload, syncs, and renames the manifest. A read-only
 * store that met the new payload beside the old manifest answered a miss: 201 of 792 lookups of a
 * key that always had an entry.
 */
class ForeignOverwriteTest {
  private static final Fingerprint KEY = Payloads.key("overwritten");
  private static final String RUN = "run";

  @TempDir Path parent;
  private Path root;
  private HalfPublished overwrite;

  @BeforeEach
  void saveOld() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(KEY, RUN, Versions.payload("old", 60), EntryAttributes.checkpoint());
    }
    overwrite =
        HalfPublished.of(parent.resolve("workshop"), root, KEY, RUN, Versions.payload("new", 70));
  }

  /** Does something before the n-th look at one of the key's files. */
  private static final class AtLook extends ObservedFileOps {
    private interface Step {
      void run() throws IOException;
    }

    private @Nullable Step step;
    private Kind awaited = Kind.CHANGED;
    private String name = "";
    private int looksLeft;

    AtLook() {
      super(new NioFileOps());
    }

    synchronized void arm(Kind kind, String fileName, int look, Step what) {
      awaited = kind;
      name = fileName;
      step = what;
      looksLeft = look;
    }

    synchronized boolean done() {
      return step == null;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      synchronized (this) {
        Step next = step;
        if (next != null
            && op.kind() == awaited
            && op.path().getFileName().toString().equals(name)
            && --looksLeft == 0) {
          step = null;
          next.run();
        }
      }
      return whole.run();
    }
  }

  private static String version(WarmStartStore store) {
    try (Entry entry = store.lookup(KEY).orElse(null)) {
      return entry == null ? "nothing" : Versions.nameOf(entry);
    }
  }

  private WarmStartStore open(AtLook ops, boolean readOnly) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withFileOps(ops)
            .withReadOnly(readOnly)
            .withForeignCheckInterval(Duration.ZERO));
  }

  @Test
  void aReadOnlyStoreWaitsForTheManifest() throws IOException {
    AtLook ops = new AtLook();
    try (WarmStartStore readOnly = open(ops, true)) {
      overwrite.renamePayload();
      ops.arm(ObservedFileOps.Kind.CHANGED, RUN + ".json", 3, overwrite::renameManifest);

      assertEquals("new", version(readOnly));
      assertTrue(ops.done());
    }
  }

  @Test
  void alsoForAWriterThatTakesLongerThanMostDo() throws IOException {
    AtLook ops = new AtLook();
    overwrite.renamePayload();
    OldEnough.awaitAge(Duration.ofMillis(150), root.resolve(KEY.toHex()).resolve(RUN + ".bin"));
    ops.arm(ObservedFileOps.Kind.CHANGED, RUN + ".json", 8, overwrite::renameManifest);
    try (WarmStartStore readOnly = open(ops, true)) {
      assertEquals("new", version(readOnly));
      assertTrue(ops.done());
    }
  }

  /** Its manifest is staged: so it is between its renames, however long its sync has taken. */
  @Test
  void alsoForAWriterWhoseStagedManifestIsSeen() throws IOException {
    for (boolean readOnly : new boolean[] {true, false}) {
      AtLook ops = new AtLook();
      overwrite.renamePayload();
      Path payload = root.resolve(KEY.toHex()).resolve(RUN + ".bin");
      OldEnough.awaitAge(Duration.ofMillis(1_100), payload);
      overwrite.stageManifest();
      String staged = HalfPublished.stagedName(RUN);
      ops.arm(ObservedFileOps.Kind.CHANGED, staged, 3, overwrite::renameManifest);
      try (WarmStartStore store = open(ops, readOnly)) {
        assertEquals("new", version(store));
        assertTrue(ops.done());
      }
      saveOldAgain();
    }
  }

  private void saveOldAgain() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(KEY, RUN, Versions.payload("old", 60), EntryAttributes.checkpoint());
    }
    overwrite =
        HalfPublished.of(parent.resolve("workshop"), root, KEY, RUN, Versions.payload("new", 70));
  }

  /** Until the manifest is renamed the old version is the entry, and this process still has it. */
  @Test
  void aStoreThatHasTheOldVersionInMemoryAnswersIt() throws IOException {
    AtLook ops = new AtLook();
    try (WarmStartStore store = open(ops, false)) {
      assertEquals("old", version(store));
      overwrite.renamePayload();

      assertEquals("old", version(store));

      overwrite.renameManifest();
      assertEquals("new", version(store));
      assertTrue(store.verify(false, (done, total) -> {}).clean());
    }
  }

  @Test
  void aReadOnlyStoreWaitsForAManifestThatIsBeingWrittenInPlace() throws IOException {
    AtLook ops = new AtLook();
    Path manifest = root.resolve(KEY.toHex()).resolve(RUN + ".json");
    byte[] whole = Files.readAllBytes(manifest);
    try (WarmStartStore readOnly = open(ops, true)) {
      Files.write(manifest, new byte[0]);
      ops.arm(ObservedFileOps.Kind.CHANGED, RUN + ".json", 2, () -> Files.write(manifest, whole));

      assertEquals("old", version(readOnly));
      assertTrue(ops.done());
    }
  }
}
