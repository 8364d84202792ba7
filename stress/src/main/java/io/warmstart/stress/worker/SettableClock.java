package io.warmstart.stress.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The system's clock and an offset that another process sets, in a mapped file: so that all
 * processes of a root see the same step at the same time.
 */
public final class SettableClock implements EpochNanoClock {
  private final UnsafeBuffer offset;

  private SettableClock(UnsafeBuffer offset) {
    this.offset = offset;
  }

  /** The clock of a file, which is made if it is missing. */
  public static SettableClock at(Path file) {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
      return new SettableClock(new UnsafeBuffer(mapped.order(ByteOrder.nativeOrder())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sets how far the clock is ahead of the system's. */
  public void setOffsetNanos(long nanos) {
    offset.putLongVolatile(0, nanos);
  }

  @Override
  public long nanoTime() {
    return SystemEpochNanoClock.INSTANCE.nanoTime() + offset.getLongVolatile(0);
  }
}
