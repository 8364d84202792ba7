package io.warmstart.stress.worker;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A witness of claims that knows nothing of the store: a mapped file with a word for each key, in
 * which a claimer writes its pid once it has the claim, and clears it before it gives it back. Two
 * living claimers of one key meet there.
 *
 * <p><b>Threads:</b> safe for all, of any process.
 */
public final class ClaimBoard {
  private static final VarHandle WORDS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final MappedByteBuffer words;

  private ClaimBoard(MappedByteBuffer words) {
    this.words = words;
  }

  /** Opens the board, making it if it is missing. */
  public static ClaimBoard at(Path file, int keys) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return new ClaimBoard(
          channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) keys * Long.BYTES));
    }
  }

  /** Who stands under a key; 0 if nobody does. */
  public long at(int key) {
    return (long) WORDS.getVolatile(words, key * Long.BYTES);
  }

  /**
   * Writes a claimer under a key in the place of another.
   *
   * @return whether that was still there
   */
  public boolean replace(int key, long before, long after) {
    return WORDS.compareAndSet(words, key * Long.BYTES, before, after);
  }
}
