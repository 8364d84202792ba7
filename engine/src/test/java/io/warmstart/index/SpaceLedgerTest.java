package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.IndexFile;
import io.warmstart.index.table.Segments;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpaceLedgerTest {
  private static final Digest256 KEY = IndexModel.key(3);
  private static final long CTIME = 5_000;
  private static final EntryFacts ENTRY =
      new EntryFacts("r", 500, 1_000, false, 100, Double.NaN, false);

  @TempDir Path parent;
  private final MemoryIndex memory = new MemoryIndex();
  private IndexRoot root;
  private IndexModel.Member process;

  @BeforeEach
  void openRoot() throws IOException {
    root = IndexRoot.open(parent);
    process = new IndexModel.Member(root, memory);
  }

  @AfterEach
  void closeRoot() {
    root.close();
  }

  /** Of the key's stripe, no matter who works under it. */
  private StripeLocks.Hold hold() {
    StripeLocks.Hold hold = process.hold(KEY);
    assertTrue(hold.heldAcrossProcesses());
    return hold;
  }

  /** A scan has found the key with its one entry, of 100 bytes. */
  private void scanEndsWithKey(StripeLocks.Hold hold) {
    long doubt = process.ledger.scanBegins();
    process.ledger.scanned(hold, KEY, CTIME, 100, List.of(ENTRY));
    assertTrue(process.ledger.scanEnded(doubt, 1, 2, 0));
    assertEquals(OptionalLong.of(100), process.ledger.totalBytes());
  }

  private void scanEndsWithKey() {
    try (StripeLocks.Hold hold = hold()) {
      scanEndsWithKey(hold);
    }
  }

  /**
   * A key was counted while there was no room to record its entries. The next scan passed it over,
   * since its directory had not changed, and settled the total: then no sweep knew of the entries.
   */
  @Test
  void aKeyWhoseEntriesFoundNoRoomIsNotPassedOverByTheNextScan() throws IOException {
    // For the key's slot, and for nothing else.
    usePages(IndexLayout.FIRST_PAGES - 1);
    memory.fill();
    try (StripeLocks.Hold hold = hold()) {
      process.readings.makeSlot(KEY);
      long doubt = process.ledger.scanBegins();
      process.ledger.scanned(hold, KEY, CTIME, 100, List.of(ENTRY));

      assertEquals(100, process.ledger.bytes(KEY));
      assertEquals(-1, process.ledger.bytesIfUnchanged(KEY, CTIME));
      assertFalse(process.ledger.scanEnded(doubt, 1, 2, 0), "the total is settled");
      assertEquals(0, process.ledger.count());
    }
  }

  @Test
  void aKeyThatIsRecordedIsPassedOver() throws IOException {
    try (StripeLocks.Hold hold = hold()) {
      process.ledger.scanned(hold, KEY, CTIME, 100, List.of(ENTRY));

      assertEquals(100, process.ledger.bytesIfUnchanged(KEY, CTIME));
      assertEquals(-1, process.ledger.bytesIfUnchanged(KEY, CTIME + 1));
      assertEquals(1, process.ledger.count());
    }
  }

  /** What the lost slot counted for stayed in the total, less than which a key could not have. */
  @Test
  void aKeyThatLosesMoreThanItIsKnownToHavePutsTheTotalInDoubt() throws IOException {
    try (StripeLocks.Hold hold = hold()) {
      scanEndsWithKey(hold);
      memory.file(0).putLong(slotsOf(KEY), 0);

      process.ledger.published(
          hold, KEY, new EntryFacts("r", 500, 2_000, false, 97, Double.NaN, false), 100);

      assertEquals(OptionalLong.empty(), process.ledger.totalBytes());
    }
  }

  /** While not all keys have been counted that is nothing new, or no count would ever end. */
  @Test
  void aKeyThatHasNotBeenScannedYetPutsNothingInDoubt() throws IOException {
    try (StripeLocks.Hold hold = hold()) {
      long doubt = process.ledger.scanBegins();

      process.ledger.published(
          hold, KEY, new EntryFacts("r", 500, 2_000, false, 97, Double.NaN, false), 100);

      process.ledger.scanned(hold, KEY, CTIME, 97, List.of(ENTRY));
      assertTrue(process.ledger.scanEnded(doubt, 1, 2, 0));
      assertEquals(OptionalLong.of(97), process.ledger.totalBytes());
    }
  }

  /** A save before it reads no manifest; one that had to would find the same. */
  @Test
  void theLatestStampOfAKeyIsTheLatestPublishedUntilAScanFindsAnother() throws IOException {
    try (StripeLocks.Hold hold = hold()) {
      assertEquals(0, process.ledger.latestWrittenNanos(KEY));
      process.ledger.published(
          hold, KEY, new EntryFacts("r", 2_000, 3_000, false, 97, Double.NaN, false), 0);
      assertEquals(2_000, process.ledger.latestWrittenNanos(KEY));
      process.ledger.published(
          hold, KEY, new EntryFacts("s", 1_500, 3_000, false, 97, Double.NaN, false), 0);
      assertEquals(2_000, process.ledger.latestWrittenNanos(KEY));

      process.ledger.scanned(hold, KEY, CTIME, 100, List.of(ENTRY));

      assertEquals(ENTRY.writtenNanos(), process.ledger.latestWrittenNanos(KEY));
    }
  }

  @Test
  void aReferenceThatNoProcessHasStoredEndsTheGeneration() throws IOException {
    Generation attached = process.attached();
    try (StripeLocks.Hold hold = hold()) {
      process.ledger.scanned(hold, KEY, CTIME, 100, List.of(ENTRY));
      process.ledger.recount(hold);
      assertTrue(attached.files().live());
      // That of the entries' segment: sealed, but for another kind of record.
      long other = memory.file(0).getLong(slotsOf(KEY) + IndexLayout.ENTRIES_OFFSET);
      memory.file(0).putLong(slotsOf(KEY), other);

      process.ledger.recount(hold);

      assertFalse(attached.files().live());
    }
  }

  /** A key without a slot that had files is one thing; that of a foreign store may well shrink. */
  @Test
  void aKnownKeyThatLosesMoreThanItIsKnownToHavePutsNothingInDoubt() throws IOException {
    try (StripeLocks.Hold hold = hold()) {
      scanEndsWithKey(hold);

      process.ledger.published(
          hold, KEY, new EntryFacts("r", 500, 2_000, false, 97, Double.NaN, false), 1_000);

      assertEquals(OptionalLong.of(0), process.ledger.totalBytes());
    }
  }

  @Test
  void aScanThatBeganBeforeTheLastDoubtTakesNothingBack() {
    try (StripeLocks.Hold hold = hold()) {
      long before = process.ledger.scanBegins();
      process.ledger.doubt();
      scanEndsWithKey(hold);

      assertTrue(process.ledger.scanEnded(before, 1, 2, 0));

      assertEquals(OptionalLong.of(100), process.ledger.totalBytes());
    }
  }

  /** What it has not seen must not be missing from the sum. */
  @Test
  void whoCannotMapAFileTakesNothingFromTheOthers() throws IOException {
    usePages(IndexLayout.FIRST_PAGES);
    try (StripeLocks.Hold hold = hold()) {
      scanEndsWithKey(hold);
      memory.hide(1);
      IndexModel.Member second = new IndexModel.Member(root, memory);
      Generation of = second.attached();

      second.ledger.recount(hold);

      assertEquals(100, process.attached().totals().bytes(StripeLocks.stripeOf(KEY)));
      assertEquals(OptionalLong.empty(), process.ledger.totalBytes());
      assertTrue(process.attached().files().live());
      assertFalse(of.files().live());
    }
  }

  /** With each lookup it attached again, and each time voided what all others knew. */
  @Test
  void whoLosesTheIndexAtOnceDoesWithoutItForAWhile() throws InterruptedException {
    usePages(IndexLayout.FIRST_PAGES);
    scanEndsWithKey();
    memory.hide(1);
    long began = System.nanoTime();
    IndexModel.Member second = new IndexModel.Member(root, memory);
    Set<Generation> generations = new HashSet<>();
    for (int lookup = 0; lookup < 1000; lookup++) {
      Generation attached = second.index.generations().current();
      if (attached != null) {
        generations.add(attached);
        assertFalse(attached.keys().find(KEY, new SlotCursor()));
      }
    }
    long quarters = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) / 250;
    assertTrue(generations.size() <= 1 + quarters, generations.size() + " in " + quarters);

    memory.hideNothing();

    assertTrue(awaitAttachment(second.index).keys().find(KEY, new SlotCursor()));
  }

  /** Until it attached again, others went on with what they knew of the key. */
  @Test
  void whoCannotMapAFileVoidsWhatOthersKnowWhenItChangesSomething() {
    usePages(IndexLayout.FIRST_PAGES);
    scanEndsWithKey();
    memory.hide(1);
    IndexModel.Member second = new IndexModel.Member(root, memory);
    assertFalse(second.attached().keys().find(KEY, new SlotCursor()));
    long epoch = memory.file(0).getLong(IndexLayout.EPOCH_OFFSET);

    second.index.changed(KEY);

    assertNotEquals(epoch, memory.file(0).getLong(IndexLayout.EPOCH_OFFSET));
    assertEquals(OptionalLong.empty(), process.ledger.totalBytes());
  }

  /** Nor does it attach again for that when it closes. */
  @Test
  void whoHasOnlyLookedWhileThereWasNoIndexVoidsNothing() {
    scanEndsWithKey();
    memory.refuse(1);
    Index second = memory.attach(root, buffer -> buffer);
    new SpaceLedger(second).touched(KEY, ENTRY.runId(), 7);

    second.close();

    assertEquals(OptionalLong.of(100), process.ledger.totalBytes());
  }

  /** Everybody attached to it again and again, found no key, and no total was ever known. */
  @Test
  void aFileThatIsGoneEndsTheGeneration() {
    usePages(IndexLayout.FIRST_PAGES);
    scanEndsWithKey();
    memory.remove(1);
    Generation second = new IndexModel.Member(root, memory).attached();

    assertFalse(second.keys().find(KEY, new SlotCursor()));

    assertFalse(process.attached().files().live());
  }

  /** Its pages of zeros would stand where others have theirs. */
  @Test
  void noFileIsMadeInPlaceOfOneThatIsGone() {
    usePages(IndexLayout.FIRST_PAGES);
    try (StripeLocks.Hold hold = hold()) {
      scanEndsWithKey(hold);
      memory.remove(1);
      Generation second = new IndexModel.Member(root, memory).attached();

      assertEquals(0, second.files().allocate(1));

      assertFalse(memory.has(1));
      assertFalse(process.attached().files().live());
    }
  }

  /** It may have one in the file that could not be mapped, which would count twice then. */
  @Test
  void whoHasLostAFileGivesNoKeyASlot() {
    Generation attached = MemoryIndex.attachment();
    SlotCursor at = new SlotCursor();
    assertTrue(attached.keys().insert(IndexModel.key(1), 4, at));
    attached.files().lose();

    // There are free slots.
    assertFalse(attached.keys().insert(KEY, 5, at));

    assertFalse(attached.keys().find(KEY, at));
  }

  /** What a process changed before it could attach for the first time, the index was not told. */
  @Test
  void whoCouldNotAttachAtFirstPutsTheTotalInDoubt() throws Exception {
    scanEndsWithKey();
    long epoch = memory.file(0).getLong(IndexLayout.EPOCH_OFFSET);
    memory.refuse(1);
    Index second = memory.attach(root, buffer -> buffer);
    assertNull(second.generations().current());
    assertEquals(OptionalLong.of(100), process.ledger.totalBytes());

    awaitAttachment(second);

    assertEquals(OptionalLong.empty(), process.ledger.totalBytes());
    assertNotEquals(epoch, memory.file(0).getLong(IndexLayout.EPOCH_OFFSET));
  }

  /** With the process went what it had to make up for: the others' total was that of before. */
  @Test
  void whoNeverCouldAttachPutsTheTotalInDoubtWhenItCloses() {
    scanEndsWithKey();
    long epoch = memory.file(0).getLong(IndexLayout.EPOCH_OFFSET);
    memory.refuse(1);
    Index second = memory.attach(root, buffer -> buffer);
    second.changed(KEY);
    assertEquals(OptionalLong.of(100), process.ledger.totalBytes());

    second.close();

    assertEquals(OptionalLong.empty(), process.ledger.totalBytes());
    assertNotEquals(epoch, memory.file(0).getLong(IndexLayout.EPOCH_OFFSET));
  }

  /** The file keeps its name, its length and its inode. */
  @Test
  void anIndexWrittenOverByAnotherIsNotTakenForTheSame() {
    Generation attached = process.attached();
    memory.file(0).putLong(IndexLayout.GENERATION_OFFSET, MemoryIndex.GENERATION + 1);

    process.index.heartbeat();

    assertFalse(attached.files().live());
  }

  @Test
  void aPageCountThatNobodyHasWrittenEndsTheGeneration() throws IOException {
    Generation attached = process.attached();
    memory.file(0).putLong(IndexLayout.PAGES_USED_OFFSET, 77);

    assertEquals(0, attached.files().allocate(1));

    assertFalse(attached.files().live());
    assertEquals(IndexLayout.SUPERSEDED, memory.file(0).getLongVolatile(IndexLayout.STATE_OFFSET));
  }

  private static Generation awaitAttachment(Index index) {
    Await.until("it is attached", () -> index.generations().current() != null);
    return Objects.requireNonNull(index.generations().current());
  }

  private void usePages(int pages) {
    memory.file(0).putLong(IndexLayout.PAGES_USED_OFFSET, IndexFile.pagesUsed(pages));
  }

  /** Where the reference to the segment of a key's slot lies. */
  private static int slotsOf(Digest256 key) {
    return IndexLayout.stripeHead(StripeLocks.stripeOf(key))
        + IndexLayout.SLOTS_OFFSET
        + 8 * Segments.index(key);
  }
}
