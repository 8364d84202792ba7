package io.warmstart.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.journal.SegmentInMemory;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found in a segment, whole, under way, torn, or left over from another life. */
class RecordScanTest {
  private static final Digest256 KEY = Digest256.ofWords(1, 2, 3, 4);
  private static final long SALT = 5;

  private final Segment segment = SegmentInMemory.of(0, 1 << 16);
  private final RecordHead head = new RecordHead();
  private final List<String> found = new ArrayList<>();
  private int position = JournalLayout.HEADER_LENGTH;

  @BeforeEach
  void begin() {
    segment.begin(1, SALT);
  }

  /** Returns where it begins. */
  private int append(String runId, int payloadLength) {
    return append(SALT, runId, payloadLength);
  }

  private int append(long salt, String runId, int payloadLength) {
    byte[] payload = new byte[payloadLength];
    Arrays.fill(payload, (byte) runId.charAt(0));
    CRC32C crc = new CRC32C();
    crc.update(payload);
    EntryAttributes attributes = EntryAttributes.checkpoint();
    int end =
        head.encode(
            salt + position,
            KEY,
            runId,
            position,
            attributes,
            false,
            payloadLength,
            (int) crc.getValue());
    segment.buffer().putBytes(position + 8, head.bytes(), 8, end - 8);
    segment.buffer().putBytes(position + JournalLayout.payloadOffset(runId.length()), payload);
    long length = JournalLayout.recordLength(runId.length(), payloadLength);
    segment.buffer().putLong(position, length);
    int at = position;
    position += (int) length;
    return at;
  }

  private RecordScan scan() {
    return new RecordScan(segment, SALT);
  }

  private void note(JournalEntry entry) {
    found.add(entry.runId());
  }

  @Test
  void followsTheOwner() {
    RecordScan scan = scan();
    append("a", 10);
    scan.follow(this::note);
    append("b", 0);
    append("c", 5000);
    scan.follow(this::note);
    scan.follow(this::note);

    assertEquals(List.of("a", "b", "c"), found);
  }

  /** Its owner may have lost the segment, and its number be that of another file by now. */
  @Test
  void whatWasCommittedInAnotherLifeIsNotTheNext() {
    append("a", 10);
    List<JournalEntry> entries = new ArrayList<>();
    scan().follow(entries::add);

    assertTrue(scan().isNext(entries.get(0)));
    assertFalse(new RecordScan(segment, SALT + 1).isNext(entries.get(0)));
  }

  @Test
  void waitsForARecordThatIsBeingWritten() {
    int at = append("a", 10);
    long length = segment.buffer().getLong(at);
    RecordScan scan = scan();
    for (long word : new long[] {-length, 0}) {
      segment.buffer().putLong(at, word);
      scan.follow(this::note);
      assertEquals(List.of(), found);
    }
    segment.buffer().putLong(at, length);
    scan.follow(this::note);
    assertEquals(List.of("a"), found);
  }

  @Test
  void passesOverWhatIsVoid() {
    int at = append("a", 10);
    segment.buffer().putLong(at, segment.buffer().getLong(at) | JournalLayout.VOID);
    append("b", 10);
    scan().follow(this::note);

    assertEquals(List.of("b"), found);
  }

  /** Recycling clears nothing: behind the new records stand whole ones of the life before. */
  @Test
  void stopsAtTheRecordsOfAnotherLife() {
    append("a", 10);
    append(SALT + 1, "old", 10);
    RecordScan scan = scan();
    scan.follow(this::note);
    assertEquals(0, scan.searchToEnd(0, position - 256, this::note) % 64);

    assertEquals(List.of("a"), found);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 16, 24, 80, 88, 96, 128, 192})
  void afterAPowerCutWhatStandsBehindATornRecordCounts(int tornAt) {
    append("a", 10);
    int torn = append("b", 10);
    append("c", 10);
    segment.buffer().putLong(torn + tornAt, segment.buffer().getLong(torn + tornAt) ^ 64);
    long missing = scan().searchToEnd(0, position, this::note);

    assertEquals(List.of("a", "c"), found);
    assertEquals(256, missing);
  }

  @Test
  void whatIsInPairsIsNotMissed() {
    int torn = append("a", 10);
    int next = append("b", 10);
    segment.buffer().putLong(torn, 0);

    assertEquals(0, scan().searchToEnd(next, position, this::note));
    assertEquals(List.of("b"), found);
  }

  @Test
  void whatWasNeverDurableIsNotMissed() {
    append("a", 10);
    int torn = append("b", 10);
    segment.buffer().putLong(torn, 0);

    assertEquals(0, scan().searchToEnd(0, torn, this::note));
    assertEquals(List.of("a"), found);
  }

  /** An owner that is alive under another boot id, as in a container, goes on appending. */
  @Test
  void goesOnBehindTheLastRecordThatWasFound() {
    append("a", 10);
    RecordScan scan = scan();
    scan.searchToEnd(0, 0, this::note);
    append("b", 10);
    scan.follow(this::note);

    assertEquals(List.of("a", "b"), found);
  }

  @Test
  void aFullSegmentEnds() {
    int count = 0;
    while (position + 256 <= segment.length()) {
      append("a" + count++, 10);
    }
    RecordScan scan = scan();
    scan.follow(this::note);
    scan.follow(this::note);

    assertEquals(count, found.size());
  }

  private void open(int at, long length, long marks) {
    segment.buffer().putLong(at, -(length + marks));
  }

  /** However far it has read on by then. */
  @Test
  void comesBackToARecordThatWasOpen() {
    int at = append("a", 10);
    int other = append("b", 10);
    append("c", 10);
    open(at, 256, 0);
    open(other, 256, 0);
    RecordScan scan = scan();
    scan.follow(this::note);
    append("d", 10);
    scan.follow(this::note);
    assertEquals(List.of("c", "d"), found);

    segment.buffer().putLong(other, 256);
    scan.follow(this::note);
    scan.follow(this::note);
    assertEquals(List.of("c", "d", "b"), found);
    open(at, 256, JournalLayout.VOID);
    scan.follow(this::note);
    // It was given up on: what is stored there later is nobody's.
    segment.buffer().putLong(at, 256);
    scan.follow(this::note);
    assertEquals(List.of("c", "d", "b"), found);
  }

  @Test
  void anAbortedRecordIsPassedOverForGood() {
    int at = append("a", 10);
    append("b", 10);
    open(at, 256, JournalLayout.VOID);
    scan().follow(this::note);
    assertEquals(List.of("b"), found);

    found.clear();
    assertEquals(0, scan().searchToEnd(0, position, this::note));
    assertEquals(List.of("b"), found);
  }

  /** The file is anybody's: no length leads out of it, nor to where no record begins. */
  @ParameterizedTest
  @ValueSource(
      longs = {
        64,
        128,
        250,
        256 + 2,
        256 + 8,
        256 + 32,
        (1L << 31) - 64,
        (1L << 32) + 256,
        Long.MAX_VALUE - 63,
        Long.MAX_VALUE,
        -Long.MIN_VALUE
      })
  void aLengthThatNoRecordCanHaveEndsTheReading(long length) {
    int at = append("a", 10);
    position = at + (int) (length & 0x1ff);
    append("b", 10);
    open(at, length, 0);
    scan().follow(this::note);

    assertEquals(List.of(), found);
  }

  /** Recycling clears nothing: a word that was negative in the life before is still there. */
  @Test
  void whatWasOpenInAnotherLifeIsNoRecord() {
    int at = append(SALT + 1, "old", 10);
    open(at, 256, 0);
    RecordScan scan = scan();
    scan.follow(this::note);
    position = at;
    append("a", 1000);
    append("b", 10);
    scan.follow(this::note);

    assertEquals(List.of("a", "b"), found);
  }

  /** What was open is not damage: the header never said that it was durable. */
  @Test
  void afterAPowerCutWhatStandsBehindAnOpenRecordCounts() {
    append("a", 10);
    int at = append("b", 10);
    append("c", 10);
    open(at, 256, 0);

    assertEquals(0, scan().searchToEnd(0, at, this::note));
    assertEquals(List.of("a", "c"), found);
    // A header that says so of it has seen it whole.
    assertEquals(256, scan().searchToEnd(0, position, this::note));
  }

  /** An owner that is alive under another boot id commits what it has reserved. */
  @Test
  void comesBackToWhatWasOpenWhenItSearched() {
    int first = append("a", 10);
    append("b", 10);
    int last = append("c", 10);
    open(first, 256, 0);
    open(last, 256, 0);
    RecordScan scan = scan();
    scan.searchToEnd(0, 0, this::note);
    segment.buffer().putLong(first, 256);
    segment.buffer().putLong(last, 256);
    scan.follow(this::note);
    scan.follow(this::note);

    assertEquals(List.of("b", "a", "c"), found);
  }
}
