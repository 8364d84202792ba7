package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.warmstart.io.NioFileOps;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {
  @TempDir Path directory;

  /** A lock that the kernel refuses to release so many times. */
  private static final class Stubborn extends FileLock {
    private int refusals;
    private int releases;

    Stubborn(FileChannel channel, int refusals) {
      super(channel, 0, 1, false);
      this.refusals = refusals;
    }

    @Override
    public boolean isValid() {
      return releases == 0;
    }

    @Override
    public void release() throws IOException {
      if (refusals > 0) {
        refusals--;
        throw new IOException("Input/output error");
      }
      if (!channel().isOpen()) {
        throw new ClosedChannelException();
      }
      releases++;
    }
  }

  /**
   * The harness let every call from the second rename of an overwrite on fail, the release of the
   * stripe too. The failure was taken for a closed file; the stripe's byte stayed locked, so nobody
   * completed the overwrite, and everyone waited two seconds for that stripe from then on.
   */
  @Test
  void whatTheKernelRefusesToReleaseIsReleasedBeforeTheNextLock() throws IOException {
    LockFile file = new LockFile(Placement.inRoot(directory), new NioFileOps());
    file.open();
    try (FileChannel channel = channel()) {
      Stubborn lock = new Stubborn(channel, 2);

      file.release(lock);
      FileLock first = taken(file, 1);
      assertEquals(0, lock.releases, "refused again");
      FileLock second = taken(file, 2);

      assertFalse(lock.isValid());
      file.release(first);
      file.release(second);
    } finally {
      file.close();
    }
  }

  @Test
  void lockOfClosedFileIsForgotten() throws IOException {
    LockFile file = new LockFile(Placement.inRoot(directory), new NioFileOps());
    FileChannel channel = channel();
    channel.close();
    Stubborn lock = new Stubborn(channel, 0);

    file.release(lock);
    file.releaseOverdue();

    assertEquals(0, lock.releases);
  }

  private static FileLock taken(LockFile file, int stripe) throws IOException {
    return Objects.requireNonNull(file.tryLock(LockFile.stripeByte(stripe)));
  }

  private FileChannel channel() throws IOException {
    return FileChannel.open(
        directory.resolve("other"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }
}
