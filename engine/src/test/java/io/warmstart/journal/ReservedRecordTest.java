package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.DyingProcess;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.RecordScan;
import io.warmstart.segment.RecordWriter;
import io.warmstart.segment.Segment;
import io.warmstart.segment.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Records that are open while others are appended behind them: stores, syncs, death, recycling. */
class ReservedRecordTest extends OwnedSegmentFixture {
  /** Memory in which something happens once between a reader's looks at two words. */
  private static final class Between extends UnsafeBuffer {
    private int place;
    private Runnable before = () -> {};

    Between() {
      super(ByteBuffer.allocateDirect(LENGTH));
    }

    @Override
    public long getLongVolatile(int index) {
      if (index == place) {
        Runnable now = before;
        before = () -> {};
        now.run();
      }
      return super.getLongVolatile(index);
    }
  }

  /**
   * A reader saw it open, and then committed: it took it for the end, and told nothing of what had
   * been acknowledged behind it long before.
   */
  @Test
  void whatIsCommittedBetweenTwoLooksOfAReaderHidesNothing() {
    Between memory = new Between();
    Segment shared = new Segment(0, memory, segment.identity());
    shared.begin(1, SALT);
    RecordWriter writer = new RecordWriter(shared, files);
    int length = (int) JournalLayout.recordLength(1, 0);
    int first = JournalLayout.HEADER_LENGTH;
    int second = first + length;
    writer.open(SALT, first, length);
    writer.begin(second, length);
    writer.storeHead(version("y"), new JournalEntry.Place(0, SALT, second, length, 0, false), 0);
    writer.commit(second, length);
    memory.place = first + JournalLayout.PLACE_OFFSET;
    memory.before =
        () -> {
          writer.storeHead(
              version("x"), new JournalEntry.Place(0, SALT, first, length, 0, false), 0);
          writer.commit(first, length);
        };
    List<String> found = new ArrayList<>();

    new RecordScan(shared, SALT).follow(entry -> found.add(entry.runId()));

    assertEquals(List.of("x", "y"), found);
  }

  private Version version(String runId) {
    return new Version(KEY, runId, EntryAttributes.checkpoint(), ++stamp, true);
  }

  private static byte[] payload(String runId) {
    byte[] payload = new byte[PAYLOAD];
    Arrays.fill(payload, (byte) runId.charAt(0));
    return payload;
  }

  private Pending append(OwnedSegment to, String runId) throws IOException {
    return to.append(version(runId), Payload.of(payload(runId)));
  }

  private static Reserved reserve(OwnedSegment in, String runId) {
    ByteBuffer memory = in.memoryOfNext(runId.length(), PAYLOAD);
    Reserved reserved = new Reserved(in, in.reserve(runId.length(), memory), memory);
    memory.put(0, payload(runId));
    return reserved;
  }

  private Pending commit(OwnedSegment in, Reserved reserved, String runId) throws IOException {
    reserved.seal();
    in.commit(reserved.record(), version(runId), PAYLOAD, reserved.check());
    return reserved.record();
  }

  private static Set<String> found(Segment in, boolean toTheEnd) {
    List<String> found = new ArrayList<>();
    RecordScan scan = new RecordScan(in, SALT);
    if (toTheEnd) {
      assertEquals(0, scan.searchToEnd(in.done(), in.durable(), each -> note(in, each, found)));
    }
    scan.follow(each -> note(in, each, found));
    Set<String> once = new HashSet<>(found);
    assertEquals(once.size(), found.size(), () -> "found more than once: " + found);
    return once;
  }

  private static void note(Segment in, JournalEntry entry, List<String> found) {
    byte[] payload = Objects.requireNonNull(in.payload(entry), entry.runId());
    assertEquals(entry.runId(), new String(payload, 0, 1, java.nio.charset.StandardCharsets.UTF_8));
    found.add(entry.runId());
  }

  @Test
  void whatIsAppendedBehindAnOpenRecordIsFoundAndItIsNot() throws IOException {
    Reserved reserved = reserve(owner, "r");
    append(owner, "a");

    assertEquals(Set.of("a"), found(segment, false));
    commit(owner, reserved, "r");
    append(owner, "b");
    assertEquals(Set.of("r", "a", "b"), found(segment, false));
  }

  @Test
  void anAbortedRecordIsPassedOver() throws IOException {
    Reserved reserved = reserve(owner, "r");
    append(owner, "a");
    owner.abort(reserved.record());
    append(owner, "b");

    assertEquals(Set.of("a", "b"), found(segment, false));
    assertEquals(Set.of("a", "b"), found(segment, true));
  }

  /**
   * By its place it would be: the sync of what was appended behind it went past it, while its pages
   * were still being written to.
   */
  @Test
  void aRecordThatIsCommittedAfterALaterOneWasSyncedIsSyncedToo() throws IOException {
    Reserved reserved = reserve(owner, "r");
    assertTrue(append(owner, "a").awaitDurable());
    assertEquals(1, syncs.count);

    assertTrue(commit(owner, reserved, "r").awaitDurable());

    assertEquals(2, syncs.count);
    // And not more often than is needed.
    assertTrue(reserved.record().awaitDurable());
    assertEquals(2, syncs.count);
  }

  /** What lies before the mark must be whole after a power cut, or it counts as damage. */
  @Test
  void theDurablePartOfASegmentEndsAtTheFirstOpenRecord() throws IOException {
    assertTrue(append(owner, "a").awaitDurable());
    Reserved first = reserve(owner, "r");
    Reserved second = reserve(owner, "s");
    int firstAt = JournalLayout.HEADER_LENGTH + recordLength();
    assertTrue(append(owner, "b").awaitDurable());
    owner.advance();
    assertEquals(firstAt, segment.durable());

    // Committed, and not synced yet.
    Pending committed = commit(owner, first, "r");
    owner.advance();
    assertEquals(firstAt, segment.durable());

    assertTrue(committed.awaitDurable());
    owner.advance();
    assertEquals(firstAt + recordLength(), segment.durable());

    owner.abort(second.record());
    assertTrue(append(owner, "c").awaitDurable());
    owner.advance();
    assertEquals(firstAt + 4 * recordLength(), segment.durable());
    assertEquals(Set.of("a", "r", "b", "c"), found(segment, true));
  }

  /** What is stored while a sync runs it may have left out. */
  @Test
  void aSyncCoversNothingThatWasCommittedWhileItRan() throws IOException {
    Reserved reserved = reserve(owner, "r");
    Pending behind = append(owner, "a");
    syncs.during = () -> commit(owner, reserved, "r");
    assertTrue(behind.awaitDurable());
    owner.advance();
    assertEquals(JournalLayout.HEADER_LENGTH, segment.durable());

    assertTrue(reserved.record().awaitDurable());

    assertEquals(2, syncs.count);
    owner.advance();
    assertEquals(JournalLayout.HEADER_LENGTH + 2 * recordLength(), segment.durable());
  }

  private static int recordLength() {
    return (int) JournalLayout.recordLength(1, PAYLOAD);
  }

  @Test
  void anOpenRecordHoldsBackWhatIsDoneAndAnotherLife() throws IOException {
    Pending before = append(owner, "a");
    Reserved reserved = reserve(owner, "r");
    Pending behind = append(owner, "b");
    before.finishInPair();
    behind.finishInPair();
    owner.advance();
    owner.recycle(1, SALT + 1);
    assertEquals(JournalLayout.HEADER_LENGTH + recordLength(), segment.done());
    assertEquals(SALT, segment.salt());
    assertTrue(owner.isHeld());

    owner.abort(reserved.record());
    assertFalse(owner.isHeld());
    owner.advance();
    assertEquals(JournalLayout.HEADER_LENGTH + 3 * recordLength(), segment.done());
    owner.recycle(1, SALT + 1);
    assertEquals(SALT + 1, segment.salt());
  }

  /** Where the first life ended, the next one's first record waits for a sync of its own. */
  @Test
  void waitsForSyncsAreThoseOfOneLife() throws IOException {
    Pending before = append(owner, "a");
    assertTrue(before.awaitDurable());
    before.finishInPair();
    owner.advance();
    owner.recycle(1, SALT + 1);
    owner.makeReady();
    int count = syncs.count;

    Pending next = append(owner, "b");
    owner.advance();
    assertEquals(JournalLayout.HEADER_LENGTH, segment.durable());
    assertTrue(next.awaitDurable());

    assertEquals(count + 1, syncs.count);
    owner.advance();
    assertEquals(JournalLayout.HEADER_LENGTH + recordLength(), segment.durable());
  }

  @Test
  void theBytesOfAFailedSyncAreNotTrusted() throws IOException {
    Reserved reserved = reserve(owner, "r");
    Pending behind = append(owner, "a");
    syncs.close();
    assertFalse(behind.awaitDurable());

    assertThrows(IOException.class, reserved::seal);
  }

  @Test
  void bytesThatHaveChangedSinceTheyWereSealedAreNotSaved() throws IOException {
    Reserved reserved = reserve(owner, "r");
    reserved.seal();
    assertEquals(PAYLOAD, reserved.copied().length());
    reserved.memory().put(PAYLOAD - 1, (byte) 0);

    assertThrows(IOException.class, reserved::copied);
  }

  /** What it has left looks like records, and like some that are open. */
  private static void leaveALifeBefore(Segment in) {
    for (int at = JournalLayout.HEADER_LENGTH; at < in.length(); at += 64) {
      in.buffer().putLong(at, at % 128 == 0 ? -640 : 640);
      in.buffer().putLong(at + JournalLayout.PLACE_OFFSET, SALT - 1 + at);
    }
  }

  /** What the process under test does, and what has returned of it. */
  private void live(OwnedSegment of, List<String> returned) throws IOException {
    append(of, "a");
    returned.add("a");
    Reserved late = reserve(of, "r");
    Reserved never = reserve(of, "n");
    append(of, "b");
    returned.add("b");
    assertTrue(commit(of, late, "r").awaitDurable());
    returned.add("r");
    append(of, "c");
    returned.add("c");
    of.abort(never.record());
    append(of, "d");
    returned.add("d");
  }

  /**
   * At each store: what had returned is found, by anybody who comes, and of the rest all or
   * nothing.
   */
  @Test
  void aDeathAtAnyStoreLeavesWhatHadReturned() throws IOException {
    List<String> order = List.of("a", "b", "r", "c", "d");
    int deaths = 0;
    for (boolean dead = true; dead; deaths++) {
      Segment bytes = SegmentInMemory.of(0, 1 << 16);
      bytes.begin(1, SALT);
      bytes.state(JournalLayout.IN_USE);
      leaveALifeBefore(bytes);
      DyingProcess life = new DyingProcess();
      Segment dying = new Segment(0, life.over(bytes.buffer()), bytes.identity());
      List<String> returned = new ArrayList<>();
      life.dieAfter(deaths);
      dead = false;
      try {
        live(new OwnedSegment(dying, files, syncs, lock), returned);
      } catch (DyingProcess.Death e) {
        dead = true;
      }
      for (boolean toTheEnd : new boolean[] {false, true}) {
        Set<String> found = found(bytes, toTheEnd);
        assertTrue(found.containsAll(returned), found + " of " + returned + " at " + deaths);
        Set<String> most = new HashSet<>(order.subList(0, Math.min(5, returned.size() + 1)));
        assertTrue(most.containsAll(found), found + " of " + returned + " at " + deaths);
      }
    }
    assertTrue(deaths > 20, "deaths: " + deaths);
  }

  /** A buffer beside which somebody reads, before each store and after it. */
  private static final class Watched extends UnsafeBuffer {
    private Runnable look = () -> {};

    Watched(AtomicBuffer memory) {
      super(memory);
    }

    @Override
    public void putLongVolatile(int index, long value) {
      look.run();
      super.putLongVolatile(index, value);
      look.run();
    }

    @Override
    public void putBytes(int index, byte[] source, int offset, int length) {
      super.putBytes(index, source, offset, length / 2);
      look.run();
      super.putBytes(index, source, offset, length);
      look.run();
    }
  }

  @Test
  void aReaderThatLooksBesideEachStoreFindsEachRecordOnce() throws IOException {
    leaveALifeBefore(segment);
    Watched watched = new Watched(segment.buffer());
    OwnedSegment of =
        new OwnedSegment(new Segment(0, watched, segment.identity()), files, syncs, lock);
    RecordScan scan = new RecordScan(segment, SALT);
    List<String> found = new ArrayList<>();
    List<String> returned = new ArrayList<>();
    watched.look =
        () -> {
          scan.follow(each -> note(segment, each, found));
          assertTrue(found.containsAll(returned), found + " of " + returned);
        };
    live(of, returned);

    assertEquals(List.of("a", "b", "r", "c", "d"), found);
  }
}
