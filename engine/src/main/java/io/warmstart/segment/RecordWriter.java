package io.warmstart.segment;

import static io.warmstart.mapped.JournalLayout.COMMIT_OFFSET;
import static io.warmstart.mapped.JournalLayout.PLACE_OFFSET;

import io.warmstart.io.FileOps;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Payload;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Stores the parts of records, in the order that readers rely on:
 *
 * <ol>
 *   <li>the negative length: whatever stood there in another life, it is no record;
 *   <li>the place: from here on readers may pass over the record, by that length;
 *   <li>payload and head;
 *   <li>the length: from here on it is a record.
 * </ol>
 *
 * <p>Since others may have gone on behind it, no place gets a record of another length once its
 * place word is stored. So a record that is appended gets its place with its head, when nothing can
 * fail any more but the page; one that is reserved gets it at once, and keeps its room.
 *
 * <p>Under the journal's monitor.
 */
public final class RecordWriter {
  /** Up to here a payload is stored through the mapping; a page fault for each page costs more. */
  private static final int MOST_MAPPED = 64 * 1024;

  private static final int LEAST_PIECE = 4096;

  private final Segment segment;
  private final SegmentFiles files;
  private final RecordHead head = new RecordHead();
  private final CRC32C crc = new CRC32C();

  /** Holds the payload that is being stored. */
  private byte[] piece = new byte[LEAST_PIECE];

  /** Holds the piece of a large one that is being written; made for the first. */
  private @Nullable ByteBuffer largePiece;

  public RecordWriter(Segment segment, SegmentFiles files) {
    this.segment = segment;
    this.files = files;
  }

  /** Says that a record is written there: it is none, and nobody reads on behind it yet. */
  public void begin(int at, long length) {
    segment.buffer().putLongVolatile(at + COMMIT_OFFSET, -length);
  }

  /** There is no record there after all, of whatever length: the place word was not stored. */
  public void takeBack(int at) {
    segment.buffer().putLongVolatile(at + COMMIT_OFFSET, 0);
  }

  /** Says that a record of this length will come: readers pass over it, and look again. */
  public void open(long salt, int at, long length) {
    begin(at, length);
    segment.buffer().putLongVolatile(at + PLACE_OFFSET, salt + at);
  }

  /** A record that was begun will not come: readers pass over it for good. */
  public static void abort(Segment in, long salt, int at, long length) {
    in.buffer().putLongVolatile(at + COMMIT_OFFSET, -(length | JournalLayout.VOID));
    in.buffer().putLongVolatile(at + PLACE_OFFSET, salt + at);
  }

  /**
   * Stores a payload.
   *
   * @return its check
   * @throws IOException if a large one could not be written
   */
  public int storePayload(Payload payload, int from) throws IOException {
    return payload.length() <= MOST_MAPPED ? store(payload, from) : write(payload, from);
  }

  /** Stores the head of the record that is to be at a place. */
  public void storeHead(Version version, JournalEntry.Place place, long payloadLength) {
    int at = place.position();
    int end =
        head.encode(
            place.salt() + at,
            version.key(),
            version.runId(),
            version.writtenNanos(),
            version.attributes(),
            version.powerSafe(),
            payloadLength,
            place.payloadCheck());
    segment.buffer().putBytes(at + PLACE_OFFSET, head.bytes(), PLACE_OFFSET, end - PLACE_OFFSET);
  }

  /** From here on it is a record. */
  public void commit(int at, long length) {
    segment.buffer().putLongVolatile(at + COMMIT_OFFSET, length);
  }

  private int store(Payload payload, int from) throws IOException {
    AtomicBuffer buffer = segment.buffer();
    crc.reset();
    if (piece.length < payload.length()) {
      piece = new byte[MOST_MAPPED];
    }
    // In one piece.
    payload.pour(
        piece,
        (bytes, count) -> {
          crc.update(bytes, 0, count);
          buffer.putBytes(from, bytes, 0, count);
        });
    return (int) crc.getValue();
  }

  /** Through a descriptor of its own, which an interrupt may close: then once more. */
  private int write(Payload payload, int from) throws IOException {
    ByteBuffer through = largePiece == null ? ByteBuffer.allocateDirect(MOST_MAPPED) : largePiece;
    largePiece = through;
    Uninterrupted.call(
        () -> {
          crc.reset();
          long[] at = {from};
          try (FileOps.FileHandle file = files.openForWriting(segment.number())) {
            if (!file.facts().sameFileAs(segment.identity())) {
              throw new IOException("a segment's name leads to another file");
            }
            payload.pour(
                through,
                part -> {
                  int count = part.remaining();
                  crc.update(part.duplicate());
                  file.write(part, at[0]);
                  at[0] += count;
                });
          }
          return 0;
        });
    return (int) crc.getValue();
  }

  /** Where the payload of a segment lies, for a caller that stores it itself. */
  public ByteBuffer memory(int from, int length) {
    // A part of the mapping, which lives as long as this or whatever is made of it.
    return segment.mapping().slice(from, length);
  }
}
