package io.warmstart.index;

import io.warmstart.io.NioFileOps;
import io.warmstart.model.Digest256;
import io.warmstart.notice.Notices;
import io.warmstart.process.ControlFile;
import io.warmstart.process.Counters;
import io.warmstart.process.Placement;
import io.warmstart.process.ProcessTable;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemEpochNanoClock;

/** One process's part in the locks of a root, without a store over it. */
public final class IndexRoot implements AutoCloseable {
  /** All processes of a test are of the same boot; which one does not matter. */
  public static final long BOOT = 42;

  public static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(60);

  public final ProcessTable processTable;
  public final Counters counters;
  public final StripeLocks stripes;

  private IndexRoot(ProcessTable processTable, Counters counters, long lockTimeoutNanos) {
    this.processTable = processTable;
    this.counters = counters;
    this.stripes = new StripeLocks(processTable, counters, lockTimeoutNanos, System::nanoTime);
  }

  public static IndexRoot open(Path directory) throws IOException {
    return open(directory, LONG_NANOS);
  }

  public static IndexRoot open(Path directory, long lockTimeoutNanos) throws IOException {
    return open(directory, lockTimeoutNanos, BOOT);
  }

  /** Beside a store that has made an index, under the machine's own boot. */
  static IndexRoot openBesideStore(Path engineDirectory) throws IOException {
    return open(engineDirectory, LONG_NANOS, IndexPatch.bootOf(engineDirectory));
  }

  private static IndexRoot open(Path directory, long lockTimeoutNanos, long boot)
      throws IOException {
    Counters counters = new Counters();
    return new IndexRoot(
        ProcessTable.start(
            Placement.inRoot(directory),
            new NioFileOps(),
            SystemEpochNanoClock.INSTANCE,
            boot,
            new Notices(),
            counters),
        counters,
        lockTimeoutNanos);
  }

  public ControlFile controlFile() {
    ControlFile current = processTable.current();
    if (current == null) {
      throw new AssertionError("not attached");
    }
    return current;
  }

  /** The n-th of many keys that share a stripe. */
  public static Digest256 key(int n) {
    return Digest256.ofWords(n + 1, 7, 0, 0);
  }

  /** A key of a given stripe. */
  public static Digest256 keyOf(int stripe) {
    return Digest256.ofWords(1, stripe, 0, 0);
  }

  @Override
  public void close() {
    processTable.close();
  }
}
