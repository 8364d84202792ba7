package io.warmstart.model;

import io.warmstart.fault.PendingFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import net.openhft.chronicle.bytes.BytesStore;
import org.agrona.DirectBuffer;

/**
 * The bytes to save, wherever they lie. Nothing is copied until a save reads them, so they must not
 * change before that has returned.
 *
 * <p>They are read in pieces that are copied before use: what is hashed and what is written is the
 * same piece even if the caller, against the rules, writes to the buffer meanwhile.
 */
public abstract class Payload {
  /** Large enough that a call's cost does not show, small enough to stay in a core's own cache. */
  private static final int PIECE_BYTES = 128 * 1024;

  private static final int STREAM_PIECE_BYTES = 64 * 1024;

  /** What of the heap a copy to memory outside it goes through, where no library knows a way. */
  private static final int DETOUR_BYTES = 8 * 1024;

  /** Some JVMs make no array of the last few sizes. */
  private static final int MOST_COPIED = Integer.MAX_VALUE - 8;

  private Payload() {}

  /** {@return how many bytes there are} */
  public abstract long length();

  /** Whether no access of its bytes can meet a page that is gone. */
  boolean isOnHeap() {
    return false;
  }

  /** Copies {@code length} bytes from {@code position} into an array. */
  abstract void copy(long position, byte[] target, int length);

  /** Copies from {@code position} as much as remains of a buffer. */
  void copy(long position, ByteBuffer target) {
    byte[] piece = new byte[Math.min(DETOUR_BYTES, target.remaining())];
    for (long next = position; target.hasRemaining(); next += piece.length) {
      int count = Math.min(piece.length, target.remaining());
      copy(next, piece, count);
      target.put(piece, 0, count);
    }
  }

  private void read(long position, byte[] target, int length) {
    if (isOnHeap()) {
      copy(position, target, length);
    } else {
      read(position, length, () -> copy(position, target, length));
    }
  }

  private void read(long position, ByteBuffer target) {
    if (isOnHeap()) {
      copy(position, target);
    } else {
      read(position, target.remaining(), () -> copy(position, target));
    }
  }

  /**
   * Copies out of memory that a page may be gone from, to memory of ours that has all of its own.
   * So it is told from a page of a file that the engine has mapped, which is lost then.
   *
   * @throws StoreException if it is
   */
  private void read(long position, int length, Runnable copy) {
    // What this thread has met before lies elsewhere.
    PendingFaults.raise();
    try {
      copy.run();
      PendingFaults.raise();
    } catch (InternalError e) {
      throw new StoreException(
          "the payload's memory cannot be read, and nothing was saved; a file that is mapped there"
              + " may have been truncated: position="
              + position
              + " length="
              + length
              + " of="
              + length(),
          e);
    }
  }

  /** Takes pieces of a payload, in order. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes the next piece.
     *
     * @param piece filled from its beginning, and filled again after this returns
     * @param length how much of it counts, in bytes
     * @throws IOException if it cannot be taken: then no more are handed in
     */
    void accept(byte[] piece, int length) throws IOException;
  }

  /** Takes pieces of a payload, in order, that lie outside the heap. */
  @FunctionalInterface
  public interface BufferSink {
    /**
     * Takes the next piece.
     *
     * @param piece what remains of it counts; it is filled again after this returns
     * @throws IOException if it cannot be taken: then no more are handed in
     */
    void accept(ByteBuffer piece) throws IOException;
  }

  /**
   * Hands all bytes to a sink, through one piece of memory.
   *
   * @param sink called before this returns, with the same array each time
   * @throws IOException whatever the sink throws
   * @throws StoreException if the bytes cannot be read: a file was truncated that is mapped there
   */
  public final void pour(Sink sink) throws IOException {
    pour(new byte[(int) Math.min(length(), PIECE_BYTES)], sink);
  }

  /**
   * Hands all bytes to a sink, through the caller's memory.
   *
   * @param piece as long as the longest piece is to be, at least one byte
   * @param sink called before this returns, with that array each time
   * @throws IOException whatever the sink throws
   * @throws StoreException if the bytes cannot be read: a file was truncated that is mapped there
   */
  public final void pour(byte[] piece, Sink sink) throws IOException {
    long length = length();
    for (long position = 0; position < length; position += piece.length) {
      int count = (int) Math.min(piece.length, length - position);
      read(position, piece, count);
      sink.accept(piece, count);
    }
  }

  /**
   * Hands all bytes to a sink, through the caller's memory outside the heap: who writes them to a
   * file spares a copy.
   *
   * @param piece as long as the longest piece is to be, at least one byte
   * @param sink called before this returns, with that buffer each time
   * @throws IOException whatever the sink throws
   * @throws StoreException if the bytes cannot be read: a file was truncated that is mapped there
   */
  public final void pour(ByteBuffer piece, BufferSink sink) throws IOException {
    long length = length();
    for (long position = 0; position < length; position += piece.capacity()) {
      piece.clear().limit((int) Math.min(piece.capacity(), length - position));
      read(position, piece);
      sink.accept(piece.flip());
    }
  }

  /**
   * {@return a stream of all bytes from their beginning; more than one may be read at a time}
   *
   * <p>It holds nothing that must be closed.
   */
  public final InputStream stream() {
    return new Stream(this);
  }

  /**
   * {@return the same bytes, in memory of their own: the caller may do with his what he likes}
   *
   * @throws IllegalArgumentException if there are more than an array holds
   * @throws StoreException if they cannot be read: a file was truncated that is mapped there
   */
  public final Payload copied() {
    long length = length();
    if (length > MOST_COPIED) {
      throw new IllegalArgumentException(
          "payload to be copied: expected<=" + MOST_COPIED + " actual=" + length);
    }
    byte[] bytes = new byte[(int) length];
    read(0, bytes, bytes.length);
    return of(bytes);
  }

  /**
   * A whole array.
   *
   * @param bytes not to be changed while it is saved
   * @return what reads them when it is saved
   */
  public static Payload of(byte[] bytes) {
    return new Payload() {
      @Override
      public long length() {
        return bytes.length;
      }

      @Override
      boolean isOnHeap() {
        return true;
      }

      @Override
      void copy(long position, byte[] target, int length) {
        System.arraycopy(bytes, (int) position, target, 0, length);
      }

      @Override
      void copy(long position, ByteBuffer target) {
        target.put(bytes, (int) position, target.remaining());
      }
    };
  }

  /**
   * A range of an array.
   *
   * @param bytes not to be changed while it is saved
   * @param offset of the first byte
   * @param length in bytes
   * @return what reads them when it is saved
   * @throws IndexOutOfBoundsException if it does not lie within the array
   */
  public static Payload of(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    return of(ByteBuffer.wrap(bytes, offset, length));
  }

  /**
   * What remains of a buffer, whose position stays where it is.
   *
   * @param buffer not to be changed while it is saved
   * @return what reads them when it is saved
   */
  public static Payload of(ByteBuffer buffer) {
    ByteBuffer view = buffer.slice();
    return new Payload() {
      @Override
      public long length() {
        return view.capacity();
      }

      @Override
      boolean isOnHeap() {
        return !view.isDirect();
      }

      @Override
      void copy(long position, byte[] target, int length) {
        view.get((int) position, target, 0, length);
      }

      @Override
      void copy(long position, ByteBuffer target) {
        // A view of its own: several threads may read.
        target.put(view.slice((int) position, target.remaining()));
      }
    };
  }

  /**
   * A range of an Agrona buffer.
   *
   * @param buffer not to be changed while it is saved
   * @param offset of the first byte
   * @param sourceLength in bytes
   * @return what reads them when it is saved
   * @throws IndexOutOfBoundsException if it does not lie within the buffer
   */
  public static Payload of(DirectBuffer buffer, int offset, int sourceLength) {
    buffer.boundsCheck(offset, sourceLength);
    return new Payload() {
      @Override
      public long length() {
        return sourceLength;
      }

      @Override
      boolean isOnHeap() {
        return buffer.byteArray() != null;
      }

      @Override
      void copy(long position, byte[] target, int length) {
        buffer.getBytes(offset + (int) position, target, 0, length);
      }

      @Override
      void copy(long position, ByteBuffer target) {
        buffer.getBytes(offset + (int) position, target, target.remaining());
      }
    };
  }

  /**
   * The readable bytes of a Chronicle store, any number of them; its position stays.
   *
   * @param bytes not to be changed or released while it is saved
   * @return what reads them when it is saved
   */
  public static Payload of(BytesStore<?, ?> bytes) {
    long start = bytes.readPosition();
    long readable = bytes.readRemaining();
    return new Payload() {
      @Override
      public long length() {
        return readable;
      }

      @Override
      void copy(long position, byte[] target, int length) {
        long copied = bytes.read(start + position, target, 0, length);
        if (copied != length) {
          throw new IllegalStateException(
              "payload shrank while it was saved: expected=" + length + " actual=" + copied);
        }
      }
    };
  }

  /** The bytes of a payload in order, through a piece of memory. For one thread. */
  private static final class Stream extends InputStream {
    private final Payload payload;
    private final byte[] piece;

    /** Of the first byte that is not in the piece yet. */
    private long next;

    // What of the piece is still to be read.
    private int from;
    private int to;

    private Stream(Payload payload) {
      this.payload = payload;
      this.piece = new byte[(int) Math.min(payload.length(), STREAM_PIECE_BYTES)];
    }

    /** Whether there is more. */
    private boolean fill() {
      if (from == to) {
        from = 0;
        to = (int) Math.min(piece.length, payload.length() - next);
        if (to > 0) {
          payload.read(next, piece, to);
          next += to;
        }
      }
      return to > 0;
    }

    @Override
    public int read() {
      return fill() ? piece[from++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      Objects.checkFromIndexSize(offset, length, target.length);
      if (length == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int count = Math.min(length, to - from);
      System.arraycopy(piece, from, target, offset, count);
      from += count;
      return count;
    }

    @Override
    public int available() {
      return (int) Math.min(Integer.MAX_VALUE, payload.length() - next + (to - from));
    }
  }
}
