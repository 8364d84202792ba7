package io.warmstart.stress.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The mapped file through which a JVM, or the process that started it, tells its shim which call to
 * act on. The layout is the shim's {@code struct control}.
 */
public final class FaultPoint {
  private static final int LENGTH = 4096;
  private static final int ARMED = 0;
  private static final int CALLS_MASK = 8;
  private static final int CALLS = 16;
  private static final int AT = 24;
  private static final int MODE = 32;
  private static final int ERROR = 40;
  private static final int ACTED = 48;
  private static final int ACTED_CALL = 56;
  private static final int PATTERN = 64;
  private static final int PATTERN_LENGTH = 448;
  private static final int ACTED_PATH = PATTERN + PATTERN_LENGTH;
  private static final int ACTED_PATH_LENGTH = 512;
  private static final int ACTED_AT = ACTED_PATH + ACTED_PATH_LENGTH;

  private final Path file;
  private final UnsafeBuffer buffer;

  private FaultPoint(Path file, UnsafeBuffer buffer) {
    this.file = file;
    this.buffer = buffer;
  }

  /** The fault point of a file, which is made if it is missing. */
  public static FaultPoint at(Path file) {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return new FaultPoint(
          file,
          new UnsafeBuffer(
              channel
                  .map(FileChannel.MapMode.READ_WRITE, 0, LENGTH)
                  .order(ByteOrder.nativeOrder())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The variables that make a process obey this fault point. */
  public Map<String, String> environment(Path shim) {
    return Map.of("LD_PRELOAD", shim.toString(), "WARMSTART_FAULT_POINT", file.toString());
  }

  /**
   * Acts on the {@code at}th of the calls whose path fits a pattern, from 1, counted from now on.
   *
   * @param pattern as of a shell, over the whole path; a star matches slashes too
   */
  public void arm(Set<Call> calls, String pattern, Action action, Errno error, long at) {
    byte[] bytes = pattern.getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= PATTERN_LENGTH) {
      throw new IllegalArgumentException("pattern is too long: " + pattern);
    }
    disarm();
    buffer.putLong(CALLS_MASK, calls.stream().mapToLong(Call::mask).sum());
    buffer.putLong(CALLS, 0);
    buffer.putLong(AT, at);
    buffer.putLong(MODE, action.code());
    buffer.putLong(ERROR, error.number());
    buffer.putLong(ACTED, 0);
    buffer.putLong(ACTED_CALL, 0);
    buffer.setMemory(PATTERN, PATTERN_LENGTH + ACTED_PATH_LENGTH, (byte) 0);
    buffer.putBytes(PATTERN, bytes);
    buffer.putLongVolatile(ARMED, 1);
  }

  /** Lets every call be itself again. */
  public void disarm() {
    buffer.putLongVolatile(ARMED, 0);
  }

  /** How many calls fitted since it was armed. */
  public long calls() {
    return buffer.getLongVolatile(CALLS);
  }

  /** How many of them were acted on. */
  public long acted() {
    return buffer.getLongVolatile(ACTED);
  }

  /** The call that was acted on first; only if one was. */
  public Call actedCall() {
    return Call.ofBit(buffer.getLongVolatile(ACTED_CALL));
  }

  /** When that was, as of {@link System#nanoTime()}; only if one was. */
  public long actedNanos() {
    return buffer.getLongVolatile(ACTED_AT);
  }

  /** The file that it lies in. */
  public Path file() {
    return file;
  }

  /** Lets the file go; it must not be used afterwards. */
  public void close() {
    IoUtil.unmap(buffer.byteBuffer() instanceof MappedByteBuffer mapped ? mapped : null);
  }

  /** Its path. */
  public String actedPath() {
    int length = 0;
    while (length < ACTED_PATH_LENGTH && buffer.getByte(ACTED_PATH + length) != 0) {
      length++;
    }
    byte[] bytes = new byte[length];
    buffer.getBytes(ACTED_PATH, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
