package io.warmstart.journal;

import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Payload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Room in a segment for a record whose payload the caller stores himself; to be sealed and then
 * committed, or aborted. One that is forgotten, and all buffers over its memory with it, is aborted
 * by the journal. For one thread at a time.
 */
public final class Reserved {
  private static final int PIECE_BYTES = 128 * 1024;

  private final OwnedSegment in;
  private final Pending record;
  private final ByteBuffer memory;
  private final UnsafeBuffer bytes;
  private int check;

  Reserved(OwnedSegment in, Pending record, ByteBuffer memory) {
    this.in = in;
    this.record = record;
    this.memory = memory;
    this.bytes = new UnsafeBuffer(memory);
  }

  OwnedSegment in() {
    return in;
  }

  Pending record() {
    return record;
  }

  int length() {
    return bytes.capacity();
  }

  int check() {
    return check;
  }

  /** Where the payload lies, to the byte. */
  public ByteBuffer memory() {
    return memory;
  }

  /**
   * Nothing is stored to the memory any more: computes the payload's check. The thread that commits
   * it holds locks, and should not do so for as long as that takes.
   *
   * @throws IOException if what was stored is lost
   */
  public void seal() throws IOException {
    check = checkOf(bytes);
    // Looked at after the bytes were.
    requireSynced();
    boolean stands;
    try {
      stands = in.standsWhereItWasOpened(record);
      MappedFaults.raisePending();
    } catch (InternalError e) {
      throw lost(e);
    }
    if (!stands) {
      in.file().condemn();
      throw new IOException("the segment was written over since its bytes were reserved");
    }
  }

  /** Where one has failed, the kernel may have dropped bytes, before or after they were sealed. */
  private void requireSynced() throws IOException {
    if (in.file().syncs().failed()) {
      throw new IOException("a sync of the segment has failed since its bytes were reserved");
    }
  }

  /**
   * What was sealed, on the heap.
   *
   * @throws IOException if it is lost
   */
  public Payload copied() throws IOException {
    requireSynced();
    byte[] copy = new byte[length()];
    int actual;
    try {
      bytes.getBytes(0, copy);
      MappedFaults.raisePending();
      actual = checkOf(new UnsafeBuffer(copy));
    } catch (InternalError e) {
      throw lost(e);
    }
    if (actual != check) {
      throw new IOException("the bytes in the segment have changed since they were sealed");
    }
    return Payload.of(copy);
  }

  /** Through the heap, piece by piece: a checksum over a page that is gone kills the JVM. */
  private int checkOf(DirectBuffer from) throws IOException {
    try {
      CRC32C crc = new CRC32C();
      byte[] piece = new byte[Math.min(from.capacity(), PIECE_BYTES)];
      for (int position = 0; position < from.capacity(); position += piece.length) {
        int count = Math.min(piece.length, from.capacity() - position);
        from.getBytes(position, piece, 0, count);
        crc.update(piece, 0, count);
      }
      MappedFaults.raisePending();
      return (int) crc.getValue();
    } catch (InternalError e) {
      throw lost(e);
    }
  }

  private IOException lost(InternalError error) {
    in.file().condemn();
    return new IOException("a page of the segment is gone", error);
  }
}
