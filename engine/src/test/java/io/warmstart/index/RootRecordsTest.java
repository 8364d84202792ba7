package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Digest256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootRecordsTest {
  private static final Digest256 KEY = IndexModel.key(3);
  private static final long MTIME = 5_000;

  @TempDir Path parent;

  /**
   * A key was counted while there was no room to record its entries. The next walk passed it over,
   * since its directory had not changed, and settled the total: then no sweep knew of the entries.
   */
  @Test
  void aKeyWhoseEntriesFoundNoRoomIsNotPassedOverByTheNextWalk() throws IOException {
    try (IndexRoot root = IndexRoot.open(parent)) {
      MemoryIndex memory = new MemoryIndex();
      IndexModel.Member process = new IndexModel.Member(root, memory);
      // For the key's slot, and for nothing else.
      memory
          .file(0)
          .putLong(IndexLayout.PAGES_USED_OFFSET, Link.pagesUsed(IndexLayout.FIRST_PAGES - 1));
      memory.fill();
      try (KeyLocks.Hold hold = process.hold(KEY)) {
        assertTrue(hold.shared());
        process.index.makeSlot(KEY);
        long doubt = process.records.walkBegins();
        List<EntryFacts> entries = List.of(new EntryFacts("r", 1_000, false, 100));

        process.records.walked(hold, KEY, MTIME, 100, entries);

        assertEquals(100, process.records.bytes(KEY));
        assertEquals(-1, process.records.bytesIfUnchanged(KEY, MTIME));
        assertFalse(process.records.walkEnded(doubt, 1, 2, 0), "the total is settled");
        assertEquals(0, process.records.count());
      }
    }
  }

  @Test
  void aKeyThatIsRecordedIsPassedOver() throws IOException {
    try (IndexRoot root = IndexRoot.open(parent)) {
      IndexModel.Member process = new IndexModel.Member(root, new MemoryIndex());
      try (KeyLocks.Hold hold = process.hold(KEY)) {
        assertTrue(hold.shared());
        List<EntryFacts> entries = List.of(new EntryFacts("r", 1_000, false, 100));

        process.records.walked(hold, KEY, MTIME, 100, entries);

        assertEquals(100, process.records.bytesIfUnchanged(KEY, MTIME));
        assertEquals(-1, process.records.bytesIfUnchanged(KEY, MTIME + 1));
        assertEquals(1, process.records.count());
      }
    }
  }
}
