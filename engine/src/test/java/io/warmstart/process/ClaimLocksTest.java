package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Digest256;
import io.warmstart.notice.Notices;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a claim that is granted in the moment in which something else fails. */
class ClaimLocksTest {
  private static final Digest256 KEY = Digest256.ofWords(1, 2, 3, 4);

  @TempDir Path directory;
  private final WatchedFileOps ops = new WatchedFileOps();

  /** Its byte stayed locked for the life of the process, and nobody got the key any more. */
  @Test
  void aClaimThatFailsAfterItWasGrantedIsGivenBack() throws IOException {
    LockFile file = new LockFile(Placement.inRoot(directory), ops);
    ClaimLocks claims = new ClaimLocks(file, new LockNotices(new Notices(), directory));
    file.open();
    try {
      ops.watch(
          op -> {
            if (op.kind() == Kind.STAT && op.path().endsWith(LockFile.NAME)) {
              throw new OutOfMemoryError("none for a look");
            }
          });
      assertThrows(OutOfMemoryError.class, () -> claims.tryTake(KEY));
      ops.rest();

      ClaimLocks.Held taken = claims.tryTake(KEY);

      assertNotNull(taken);
      assertEquals(true, taken.isHeld());
      assertNull(claims.tryTake(KEY), "it is held");
      claims.release(taken);
      assertNotNull(claims.tryTake(KEY));
    } finally {
      file.close();
    }
  }
}
