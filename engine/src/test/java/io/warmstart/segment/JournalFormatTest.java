package io.warmstart.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.journal.SegmentInMemory;
import io.warmstart.mapped.ControlLayout.Field;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of the journal, as they stand on disk. */
class JournalFormatTest {
  private static final Digest256 KEY = Digest256.ofWords(1, 2, 3, -4);
  private static final long SALT = 0x1122_3344_5566_7788L;
  private static final int NUMBER = 7;
  private static final int POSITION = 4096;
  private static final int LENGTH = 8192;
  private static final byte[] PAYLOAD = "payload".getBytes(StandardCharsets.US_ASCII);

  private final UnsafeBuffer segment = new UnsafeBuffer(new byte[LENGTH]);
  private final RecordHead head = new RecordHead();

  private int write(EntryAttributes attributes) {
    int end =
        head.encode(
            SALT + POSITION, KEY, "run-1", 1_700_000_000_123_456_789L, attributes, true, 7, -2);
    segment.putBytes(POSITION + 8, head.bytes(), 8, end - 8);
    segment.putLong(POSITION, JournalLayout.recordLength(5, 7));
    segment.putBytes(POSITION + JournalLayout.payloadOffset(5), PAYLOAD);
    return end;
  }

  private @Nullable JournalEntry read() {
    return head.decode(segment, NUMBER, SALT, POSITION, LENGTH);
  }

  @Test
  void recordHasTheseBytes() {
    int end = write(EntryAttributes.finalResult().withObjective(1.5).withIteration(-1));
    byte[] bytes = new byte[end];
    segment.getBytes(POSITION, bytes);

    assertEquals(
        List.of(
            "0001000000000000" + "8887665544332211",
            "15cd853dfe9c9717" + "0100000000000000",
            "0200000000000000" + "0300000000000000",
            "fcffffffffffffff" + "000000000000f83f",
            "ffffffffffffffff" + "0f05000000000000",
            "0700000000000000" + "feffffff00000000"),
        IntStream.range(0, 6)
            .mapToObj(line -> HexFormat.of().formatHex(bytes, 16 * line, 16 * line + 16))
            .toList());
    assertEquals("run-1", new String(bytes, 128, 5, StandardCharsets.US_ASCII));
  }

  @Test
  void whatIsWrittenIsRead() {
    write(EntryAttributes.finalResult().withObjective(-0.0).withIteration(Long.MIN_VALUE));

    assertEquals(
        new JournalEntry(
            KEY,
            "run-1",
            1_700_000_000_123_456_789L,
            OptionalDouble.of(-0.0),
            OptionalLong.of(Long.MIN_VALUE),
            true,
            7,
            new JournalEntry.Place(NUMBER, SALT, POSITION, 256, -2, true)),
        read());
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void anObjectiveThatIsNotFiniteIsNone(double objective) {
    write(EntryAttributes.checkpoint().withObjective(objective));

    assertEquals(OptionalDouble.empty(), Objects.requireNonNull(read()).objective());
    assertEquals(OptionalLong.empty(), Objects.requireNonNull(read()).iteration());
  }

  @Test
  void noFlippedBitOfAHeadPasses() {
    int end = write(EntryAttributes.checkpoint().withObjective(3));
    for (int bit = 8 * 8; bit < 8 * end; bit++) {
      int at = POSITION + bit / 8;
      byte before = segment.getByte(at);
      segment.putByte(at, (byte) (before ^ 1 << bit % 8));
      // What lies between the check and the run id is under the check too.
      assertNull(read(), "bit " + bit);
      segment.putByte(at, before);
    }
    assertNotNull(read());
  }

  @Test
  void aRecordOfAnotherLifeOrPlaceIsNone() {
    write(EntryAttributes.checkpoint());

    assertNull(head.decode(segment, NUMBER, SALT + 1, POSITION, LENGTH));
    byte[] record = new byte[256];
    segment.getBytes(POSITION, record);
    segment.putBytes(POSITION + 64, record);
    assertNull(head.decode(segment, NUMBER, SALT, POSITION + 64, LENGTH));
  }

  @Test
  void aRecordThatWouldEndBehindItsSegmentIsNone() {
    write(EntryAttributes.checkpoint());

    assertNotNull(head.decode(segment, NUMBER, SALT, POSITION, POSITION + 256));
    assertNull(head.decode(segment, NUMBER, SALT, POSITION, POSITION + 192));
    assertNull(head.decode(segment, NUMBER, SALT, POSITION, POSITION + 64));
  }

  /** What is on disk may have been forged, checks and all: it becomes the name of a file. */
  @ParameterizedTest
  @ValueSource(strings = {"../other", ".hidden", "a.tmp.b", "a/b"})
  void aRunIdThatIsNoneIsNotFollowed(String runId) {
    EntryAttributes attributes = EntryAttributes.checkpoint();
    int end = head.encode(SALT + POSITION, KEY, runId, 1, attributes, false, 0, 0);
    segment.putBytes(POSITION + 8, head.bytes(), 8, end - 8);
    segment.putLong(POSITION, JournalLayout.recordLength(runId.length(), 0));

    assertNull(read());
  }

  @Test
  void recordsBeginAtMultiplesOfTheAlignmentAndHoldWhatTheyMust() {
    for (int runIdLength = 1; runIdLength <= 128; runIdLength++) {
      int from = JournalLayout.payloadOffset(runIdLength);
      assertEquals(0, from % 64);
      assertTrue(from >= 128 + runIdLength && from < 128 + runIdLength + 64);
      for (long payload : new long[] {0, 1, 63, 64, 65, 4096}) {
        long length = JournalLayout.recordLength(runIdLength, payload);
        assertEquals(0, length % 64);
        assertTrue(length >= from + payload && length < from + payload + 64);
      }
    }
  }

  @Test
  void fieldsDoNotOverlap() {
    for (List<Field> fields : List.of(JournalLayout.HEADER, JournalLayout.RECORD)) {
      boolean[] taken = new boolean[JournalLayout.HEADER_LENGTH];
      for (Field field : fields) {
        for (int at = field.offset(); at < field.offset() + field.length(); at++) {
          assertTrue(!taken[at], field.name() + " overlaps at " + at);
          taken[at] = true;
        }
      }
    }
  }

  @Test
  void aSegmentIsWholeFromTheEndOfItsBeginningOn() {
    Segment made = SegmentInMemory.of(NUMBER, LENGTH);
    assertTrue(!made.isWhole());
    made.begin(99, SALT);
    assertTrue(made.isWhole());
    for (int offset : new int[] {0, 8, 16, 24, 32, 40, 48}) {
      long before = made.buffer().getLong(offset);
      made.buffer().putLong(offset, before ^ 1L << 17);
      assertTrue(!made.isWhole(), "offset " + offset);
      made.buffer().putLong(offset, before);
    }
    assertTrue(made.isWhole());
  }
}
