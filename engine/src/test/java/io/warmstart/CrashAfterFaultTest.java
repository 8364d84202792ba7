package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.CrashingFileOps;
import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.InMemory;
import io.warmstart.io.JournalledFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.Trees;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two misfortunes at once: a crash on the way out of a failure, and one after a sibling's work. */
@Tag("slow")
@Tag("once")
class CrashAfterFaultTest {
  @TempDir(factory = InMemory.class)
  Path work;

  private static StoreOptions options() {
    return StoreOptions.defaults()
        .withDurability(Durability.IN_FILES)
        .withClock(FaultScenario.AHEAD);
  }

  @Test
  void crashWhileAFailedOverwriteIsUndoneLeavesOneWholeVersion() throws IOException {
    CrashFinder finder = new CrashFinder(work, CrashFinder.Finder.LOOKUP);
    String entry = FaultScenario.entry(FaultScenario.KEY, "r0");
    for (int index = 0; ; index += Rounds.stride(2)) {
      Path root = CrashTest.rootWith(work, "old").toRealPath();
      // In the order of the journal: what undoes a publish counts on that.
      CrashingFileOps crashing = new CrashingFileOps(new JournalledFileOps(root), root, false);
      FaultyFileOps ops = new FaultyFileOps(crashing);
      boolean failed = false;
      try (WarmStartStore store = WarmStartStore.open(root, options().withFileOps(ops))) {
        store.evictOverflow();
        ops.arm(Fault.EIO, false, index, root);
        crashing.arm();
        try {
          FaultScenario.save(store, FaultScenario.KEY, "r0", "new", 1);
        } catch (DurabilityUnknownException e) {
          // Visible, and perhaps durable: either version may be found.
          Trees.delete(root);
          continue;
        } catch (StoreException e) {
          failed = true;
        } finally {
          ops.disarm();
        }
        finder.findAll(crashing, FaultScenario.expect(entry, List.of("old", "new")));
        crashing.arrive();
        // A power cut may take the undoing too, and then the recovery completes what had failed.
        finder.findAll(
            crashing, FaultScenario.expect(entry, failed ? List.of("old", "new") : List.of("new")));
      }
      Trees.delete(root);
      if (ops.failed() == null) {
        assertTrue(index >= 18, "operations: " + index);
        return;
      }
    }
  }

  /** Removes a key's directory and makes it again, as a sibling and a sweep may, before one op. */
  private static final class Interloper extends ObservedFileOps {
    private final JournalledFileOps journal;
    private final Path directory;
    private final int at;
    private int index;
    private boolean armed;

    Interloper(JournalledFileOps journal, CrashingFileOps crashing, Path directory, int at) {
      super(crashing);
      this.journal = journal;
      this.directory = directory;
      this.at = at;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      String thread = Thread.currentThread().getName();
      // A close is no moment of its own, and that of the saver's files comes after its last look.
      boolean counts = !thread.startsWith("warmstart-") && op.kind() != Kind.CLOSE;
      boolean now;
      synchronized (this) {
        now = armed && counts && index++ == at;
      }
      if (now) {
        try {
          for (String name : journal.list(directory)) {
            journal.unlink(directory.resolve(name));
          }
          journal.removeDirectory(directory);
          journal.createDirectory(directory);
        } catch (java.nio.file.NoSuchFileException e) {
          // Not made yet.
        }
      }
      return whole.run();
    }
  }

  @Test
  void saveIntoADirectoryThatASiblingMadeAgainSurvivesAPowerCut() throws IOException {
    CrashFinder finder = new CrashFinder(work, CrashFinder.Finder.LOOKUP);
    Path directory = null;
    for (int at = 0; ; at++) {
      Path root = CrashTest.rootWith(work, "old").toRealPath();
      directory = FaultScenario.directory(root, FaultScenario.KEY).path();
      JournalledFileOps journal = new JournalledFileOps(root);
      CrashingFileOps crashing = new CrashingFileOps(journal, root, true);
      Interloper ops = new Interloper(journal, crashing, directory, at);
      try (WarmStartStore store = WarmStartStore.open(root, options().withFileOps(ops))) {
        // The directory is open and known to be durable, which must not be taken for granted.
        FaultScenario.save(store, FaultScenario.KEY, "before", "before", 1);
        store.evictOverflow();
        ops.armed = true;
        FaultScenario.save(store, FaultScenario.KEY, "r1", "new", 1);
        ops.armed = false;
        crashing.arrive();
        finder.findAll(
            crashing,
            FaultScenario.expect(
                FaultScenario.entry(FaultScenario.KEY, "r1"),
                List.of("new"),
                FaultScenario.entry(FaultScenario.KEY, "r0"),
                List.of("old", FaultScenario.ABSENT),
                FaultScenario.entry(FaultScenario.KEY, "before"),
                List.of("before", FaultScenario.ABSENT)));
      }
      Trees.delete(root);
      if (ops.index <= at) {
        assertTrue(at >= 12, "operations: " + at);
        return;
      }
    }
  }
}
