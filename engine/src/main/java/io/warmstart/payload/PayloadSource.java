package io.warmstart.payload;

import java.io.IOException;
import java.nio.ByteBuffer;
import net.openhft.chronicle.bytes.BytesStore;
import org.agrona.DirectBuffer;

/**
 * The bytes to save, wherever they lie.
 *
 * <p>They are read once, in pieces that are copied before use: what is hashed and what is written
 * is then the same piece even if the caller, against the rules, writes to the buffer meanwhile.
 */
public abstract class PayloadSource {
  /** How many bytes there are. */
  public abstract long length();

  /** Copies {@code length} bytes from {@code position} into an array. */
  abstract void copy(long position, byte[] target, int length);

  /** Takes pieces of a payload, in order. */
  @FunctionalInterface
  public interface Sink {
    void accept(byte[] piece, int length) throws IOException;
  }

  /** Hands all bytes to a sink, through one piece of memory. */
  public final void pour(Sink sink) throws IOException {
    long length = length();
    byte[] piece = new byte[(int) Math.min(length, Pieces.BYTES)];
    for (long position = 0; position < length; position += piece.length) {
      int count = (int) Math.min(piece.length, length - position);
      copy(position, piece, count);
      sink.accept(piece, count);
    }
  }

  /** A whole array. */
  public static PayloadSource of(byte[] bytes) {
    return new PayloadSource() {
      @Override
      public long length() {
        return bytes.length;
      }

      @Override
      void copy(long position, byte[] target, int length) {
        System.arraycopy(bytes, (int) position, target, 0, length);
      }
    };
  }

  /** What remains of a buffer, whose position stays where it is. */
  public static PayloadSource of(ByteBuffer buffer) {
    ByteBuffer view = buffer.slice();
    return new PayloadSource() {
      @Override
      public long length() {
        return view.capacity();
      }

      @Override
      void copy(long position, byte[] target, int length) {
        view.get((int) position, target, 0, length);
      }
    };
  }

  /** A range of an Agrona buffer. */
  public static PayloadSource of(DirectBuffer buffer, int offset, int sourceLength) {
    buffer.boundsCheck(offset, sourceLength);
    return new PayloadSource() {
      @Override
      public long length() {
        return sourceLength;
      }

      @Override
      void copy(long position, byte[] target, int length) {
        buffer.getBytes(offset + (int) position, target, 0, length);
      }
    };
  }

  /** The readable bytes of a Chronicle store, any number of them; its position stays. */
  public static PayloadSource of(BytesStore<?, ?> bytes) {
    long start = bytes.readPosition();
    long readable = bytes.readRemaining();
    return new PayloadSource() {
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
}
