package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.OnceBefore;
import io.warmstart.notice.Notices;
import io.warmstart.segment.SegmentFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a segment that could not be made, or not be synced. */
class SegmentMakingTest {
  private static final int LENGTH = 1 << 20;

  @TempDir Path directory;
  private final OnceBefore ops = new OnceBefore();

  private SegmentFiles files() {
    return new SegmentFiles(ops, directory, new Notices());
  }

  /** Where the lock file was replaced, two processes hold the same byte of two of them. */
  @Test
  void whatSomebodyElseHasMadeMeanwhileStays() throws IOException {
    SegmentFiles other = new SegmentFiles(new NioFileOps(), directory, new Notices());
    ops.arm(op -> op.kind() == Kind.RENAME, 1, () -> other.make(0, LENGTH, 1, 7));

    assertThrows(IOException.class, () -> files().make(0, LENGTH, 1, 5));

    assertTrue(ops.done());
    assertEquals(LENGTH, other.bytesOf(0));
  }

  /** By the sync of the directory it has its name. */
  @Test
  void whatIsNotDurableIsRemoved() {
    Path segment = files().path(0);
    boolean[] named = {false};
    ops.arm(
        op -> op.kind() == Kind.SYNC_DIRECTORY && op.path().equals(segment.getParent()),
        1,
        () -> {
          named[0] = Files.exists(segment);
          throw new IOException("Input/output error");
        });

    assertThrows(IOException.class, () -> files().make(0, LENGTH, 1, 5));

    assertTrue(named[0]);
    assertFalse(Files.exists(segment));
  }

  /** What is known of a segment goes with its file, and not with its number. */
  @Test
  void anotherOneUnderTheNumberOfOneThatCouldNotBeSyncedIsSynced() throws IOException {
    SegmentFiles files = files();
    SegmentFiles other = new SegmentFiles(new NioFileOps(), directory, new Notices());
    other.make(0, LENGTH, 1, 5);
    ops.arm(
        op -> op.kind() == Kind.SYNC,
        1,
        () -> {
          throw new IOException("Input/output error");
        });
    assertThrows(IOException.class, files::syncAll);
    assertTrue(ops.done());
    assertThrows(IOException.class, files::syncAll);

    other.remove(0);
    files.syncAll();
    other.make(0, LENGTH, 1, 6);
    files.syncAll();
  }
}
