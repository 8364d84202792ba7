package io.warmstart.io;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The real file system, without waiting for the disk: for tests that lose no power. */
public final class UnsyncedFileOps extends ObservedFileOps {
  public UnsyncedFileOps() {
    super(new NioFileOps());
  }

  @Override
  @SuppressWarnings("unchecked")
  protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
      throws IOException {
    boolean sync = op.kind() == Kind.SYNC || op.kind() == Kind.SYNC_DIRECTORY;
    // No part of a sync is a sync; what it returns is of the same type.
    return sync ? (T) part.run() : whole.run();
  }
}
