package io.warmstart.segment;

import static io.warmstart.mapped.JournalLayout.FINAL;
import static io.warmstart.mapped.JournalLayout.FLAGS_OFFSET;
import static io.warmstart.mapped.JournalLayout.HAS_ITERATION;
import static io.warmstart.mapped.JournalLayout.HAS_OBJECTIVE;
import static io.warmstart.mapped.JournalLayout.HEAD_CHECK_OFFSET;
import static io.warmstart.mapped.JournalLayout.ITERATION_OFFSET;
import static io.warmstart.mapped.JournalLayout.KEY_OFFSET;
import static io.warmstart.mapped.JournalLayout.OBJECTIVE_OFFSET;
import static io.warmstart.mapped.JournalLayout.PAYLOAD_CHECK_OFFSET;
import static io.warmstart.mapped.JournalLayout.PAYLOAD_LENGTH_OFFSET;
import static io.warmstart.mapped.JournalLayout.PLACE_OFFSET;
import static io.warmstart.mapped.JournalLayout.POWER_SAFE;
import static io.warmstart.mapped.JournalLayout.RUN_ID_CAPACITY;
import static io.warmstart.mapped.JournalLayout.RUN_ID_LENGTH_SHIFT;
import static io.warmstart.mapped.JournalLayout.RUN_ID_OFFSET;
import static io.warmstart.mapped.JournalLayout.STAMP_OFFSET;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.warmstart.format.RunIds;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import java.nio.charset.StandardCharsets;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The head of a record, on the heap: what is written is made here, and what is read is copied here
 * before it is looked at, since a checksum over a mapping would kill the JVM on a page that is
 * gone.
 *
 * <p>For one thread at a time.
 */
public final class RecordHead {
  static final int CAPACITY = RUN_ID_OFFSET + RUN_ID_CAPACITY;

  private final byte[] bytes = new byte[CAPACITY];
  private final UnsafeBuffer head = new UnsafeBuffer(bytes);
  private final CRC32C crc = new CRC32C();

  /**
   * Makes the head of a record, but for its commit word. An objective that is not finite is none.
   *
   * @return where it ends
   */
  int encode(
      long place,
      Digest256 key,
      String runId,
      long writtenNanos,
      EntryAttributes attributes,
      boolean powerSafe,
      long payloadLength,
      int payloadCheck) {
    OptionalDouble objective = attributes.objective();
    boolean hasObjective = objective.isPresent() && Double.isFinite(objective.getAsDouble());
    long flags = (long) runId.length() << RUN_ID_LENGTH_SHIFT;
    flags |= attributes.kind() == EntryKind.FINAL ? FINAL : 0;
    flags |= hasObjective ? HAS_OBJECTIVE : 0;
    flags |= attributes.iteration().isPresent() ? HAS_ITERATION : 0;
    flags |= powerSafe ? POWER_SAFE : 0;
    head.putLong(PLACE_OFFSET, place, LITTLE_ENDIAN);
    head.putLong(STAMP_OFFSET, writtenNanos, LITTLE_ENDIAN);
    for (int word = 0; word < 4; word++) {
      head.putLong(KEY_OFFSET + 8 * word, key.word(word), LITTLE_ENDIAN);
    }
    head.putLong(
        OBJECTIVE_OFFSET,
        hasObjective ? Double.doubleToRawLongBits(objective.getAsDouble()) : 0,
        LITTLE_ENDIAN);
    head.putLong(ITERATION_OFFSET, attributes.iteration().orElse(0), LITTLE_ENDIAN);
    head.putLong(FLAGS_OFFSET, flags, LITTLE_ENDIAN);
    head.putLong(PAYLOAD_LENGTH_OFFSET, payloadLength, LITTLE_ENDIAN);
    head.putLong(PAYLOAD_CHECK_OFFSET, Integer.toUnsignedLong(payloadCheck), LITTLE_ENDIAN);
    head.setMemory(HEAD_CHECK_OFFSET, RUN_ID_OFFSET - HEAD_CHECK_OFFSET, (byte) 0);
    head.putStringWithoutLengthAscii(RUN_ID_OFFSET, runId);
    int end = RUN_ID_OFFSET + runId.length();
    head.putLong(HEAD_CHECK_OFFSET, check(end), LITTLE_ENDIAN);
    return end;
  }

  byte[] bytes() {
    return bytes;
  }

  /** Over what stands between the commit word and the run id's end; the check's own field is 0. */
  private long check(int end) {
    crc.reset();
    crc.update(bytes, PLACE_OFFSET, end - PLACE_OFFSET);
    return crc.getValue();
  }

  /**
   * Reads the head of a record.
   *
   * @param segment copied from before it is looked at
   * @param limit where the segment ends
   * @return null if there is no whole head of this life there
   */
  @Nullable JournalEntry decode(
      DirectBuffer segment, int number, long salt, int position, int limit) {
    int available = Math.min(CAPACITY, limit - position);
    if (available < RUN_ID_OFFSET) {
      return null;
    }
    segment.getBytes(position, bytes, 0, available);
    if (head.getLong(PLACE_OFFSET, LITTLE_ENDIAN) != salt + position) {
      return null;
    }
    long flags = head.getLong(FLAGS_OFFSET, LITTLE_ENDIAN);
    long runIdLength = flags >>> RUN_ID_LENGTH_SHIFT;
    long payloadLength = head.getLong(PAYLOAD_LENGTH_OFFSET, LITTLE_ENDIAN);
    if (runIdLength < 1
        || runIdLength > available - RUN_ID_OFFSET
        || payloadLength < 0
        || payloadLength > limit - position
        || position + JournalLayout.recordLength((int) runIdLength, payloadLength) > limit) {
      return null;
    }
    long expected = head.getLong(HEAD_CHECK_OFFSET, LITTLE_ENDIAN);
    head.putLong(HEAD_CHECK_OFFSET, 0);
    if (check(RUN_ID_OFFSET + (int) runIdLength) != expected) {
      return null;
    }
    String runId = new String(bytes, RUN_ID_OFFSET, (int) runIdLength, StandardCharsets.US_ASCII);
    if (!RunIds.isValid(runId)) {
      // It becomes a file's name: a check that fits proves no good will.
      return null;
    }
    return new JournalEntry(
        Digest256.ofWords(word(0), word(1), word(2), word(3)),
        runId,
        head.getLong(STAMP_OFFSET, LITTLE_ENDIAN),
        (flags & HAS_OBJECTIVE) == 0
            ? OptionalDouble.empty()
            : OptionalDouble.of(
                Double.longBitsToDouble(head.getLong(OBJECTIVE_OFFSET, LITTLE_ENDIAN))),
        (flags & HAS_ITERATION) == 0
            ? OptionalLong.empty()
            : OptionalLong.of(head.getLong(ITERATION_OFFSET, LITTLE_ENDIAN)),
        (flags & FINAL) != 0,
        payloadLength,
        new JournalEntry.Place(
            number,
            salt,
            position,
            (int) JournalLayout.recordLength((int) runIdLength, payloadLength),
            (int) head.getLong(PAYLOAD_CHECK_OFFSET, LITTLE_ENDIAN),
            (flags & POWER_SAFE) != 0));
  }

  private long word(int index) {
    return head.getLong(KEY_OFFSET + 8 * index, LITTLE_ENDIAN);
  }
}
