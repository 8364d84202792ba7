package io.warmstart.stress.history;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The history of one worker, as mapped files: what is stored in a shared mapping belongs to the
 * kernel and outlives the process, whatever kills it. A record is announced before the operation is
 * called and completed after it has returned, so that a death leaves it in flight.
 *
 * <p>Files lie outside the root under test. <b>Threads:</b> one.
 */
public final class HistoryWriter implements AutoCloseable {
  private static final int RECORDS_PER_SEGMENT = 1 << 15;

  private final Path directory;
  private final int worker;
  private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
  private MappedByteBuffer segment;
  private int segments;
  private int next;

  /** Starts the history of a worker; no other process may write one under its number. */
  public HistoryWriter(Path directory, int worker) throws IOException {
    this.directory = directory;
    this.worker = worker;
    this.segment = mapSegment(directory, worker, 0);
    this.segments = 1;
    buffer.wrap(segment);
  }

  /** Announces an operation; returns when it was called. */
  public long begin(Kind kind, int key, int run, long version) throws IOException {
    if (next == RECORDS_PER_SEGMENT) {
      MappedByteBuffer fresh = mapSegment(directory, worker, segments);
      IoUtil.unmap(segment);
      segment = fresh;
      segments++;
      next = 0;
      buffer.wrap(segment);
    }
    int at = next * RecordLayout.LENGTH;
    buffer.putInt(at + RecordLayout.KIND, kind.code());
    buffer.putInt(at + RecordLayout.KEY, key);
    buffer.putInt(at + RecordLayout.RUN, run);
    buffer.putLong(at + RecordLayout.VERSION, version);
    long invoked = System.nanoTime();
    buffer.putLong(at + RecordLayout.INVOKED, invoked);
    buffer.putIntVolatile(at + RecordLayout.STATE, RecordLayout.IN_FLIGHT);
    return invoked;
  }

  /** The operation has returned: what it found, if it is a lookup, or how much it removed. */
  public void done(long version, long removed) {
    int at = next * RecordLayout.LENGTH;
    // Read before anything else: later is a weaker claim, and earlier would be a false one.
    buffer.putLong(at + RecordLayout.RESPONDED, System.nanoTime());
    buffer.putLong(at + RecordLayout.VERSION, version);
    buffer.putLong(at + RecordLayout.REMOVED, removed);
    buffer.putIntVolatile(at + RecordLayout.STATE, RecordLayout.DONE);
    next++;
  }

  /** The operation has thrown. */
  public void failed() {
    int at = next * RecordLayout.LENGTH;
    buffer.putLong(at + RecordLayout.RESPONDED, System.nanoTime());
    buffer.putIntVolatile(at + RecordLayout.STATE, RecordLayout.FAILED);
    next++;
  }

  private static MappedByteBuffer mapSegment(Path directory, int worker, int segment)
      throws IOException {
    Path file = directory.resolve(RecordLayout.segmentName(worker, segment));
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      return channel.map(
          FileChannel.MapMode.READ_WRITE, 0, (long) RECORDS_PER_SEGMENT * RecordLayout.LENGTH);
    }
  }

  @Override
  public void close() {
    buffer.wrap(0, 0);
    IoUtil.unmap(segment);
  }
}
