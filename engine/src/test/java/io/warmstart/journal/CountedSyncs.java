package io.warmstart.journal;

import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.MappedByteBuffer;

/** The syncs of a file, counted. */
final class CountedSyncs implements FileOps.SyncHandle {
  private final FileOps.SyncHandle handle;

  /** Of the whole file. */
  int count;

  /** Of its beginning alone. */
  int ofBeginning;

  /** What happens once, during the next sync of the whole file. */
  Step during = () -> {};

  interface Step {
    void run() throws IOException;
  }

  CountedSyncs(FileOps.SyncHandle handle) {
    this.handle = handle;
  }

  @Override
  public void sync() throws IOException {
    count++;
    handle.sync();
    Step step = during;
    during = () -> {};
    step.run();
  }

  @Override
  public void sync(MappedByteBuffer mapping, int length) throws IOException {
    ofBeginning++;
    handle.sync(mapping, length);
  }

  @Override
  public void close() throws IOException {
    handle.close();
  }
}
