package io.warmstart.index;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.EntryTable;
import io.warmstart.index.table.IndexFile;
import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.IndexMapper;
import io.warmstart.index.table.LocalChanges;
import io.warmstart.index.table.Segment;
import io.warmstart.index.table.Segments;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.index.table.StripeTotals;
import io.warmstart.io.NioFileOps;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Objects;
import org.agrona.concurrent.AtomicBuffer;

/** The index of a root under the hands of somebody who changes single fields of it. */
public final class IndexPatch {
  private final IndexFiles files;
  private final KeyTable keys;
  private final StripeTotals totals;
  private final EntryTable entries;

  private IndexPatch(IndexFiles files) {
    this.files = files;
    this.keys = new KeyTable(files, files::allocate);
    this.totals = new StripeTotals(files.base);
    this.entries = new EntryTable(files, totals, new LocalChanges(), files::allocate);
  }

  /** Maps the index that lies in a directory. */
  public static IndexPatch of(Path engineDirectory) throws IOException {
    long boot = bootOf(engineDirectory);
    IndexMapper mapper = new IndexMapper(engineDirectory, new NioFileOps(), () -> boot, false);
    return new IndexPatch(Objects.requireNonNull(mapper.open(), "no index"));
  }

  /** Over the files of an index that is attached. */
  static IndexPatch of(IndexFiles files) {
    return new IndexPatch(files);
  }

  /** The boot that the index in a directory was made under. */
  static long bootOf(Path engineDirectory) throws IOException {
    ByteBuffer boot = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(engineDirectory.resolve(IndexMapper.NAME))) {
      channel.read(boot, IndexLayout.BOOT_OFFSET);
    }
    return boot.getLong(0);
  }

  /** The root's bytes as the index has them; -1 if it has not. */
  public long total() {
    return totals.total().orElse(-1);
  }

  /** As if the last scan were long ago. */
  public void scanIsDue() {
    totals.scanIsDue();
  }

  /** Changes what an entry is down for. */
  public void entryBytes(Digest256 key, String runId, long bytes) {
    put(key, runId, IndexLayout.ENTRY_BYTES_OFFSET, bytes);
  }

  /** Changes when an entry was last used. */
  public void entryLastUse(Digest256 key, String runId, long unixNanos) {
    put(key, runId, IndexLayout.ENTRY_LAST_USE_OFFSET, unixNanos);
  }

  /** Changes whether an entry was ever returned. */
  public void entryAccessed(Digest256 key, String runId, boolean accessed) {
    put(key, runId, IndexLayout.ENTRY_ACCESSED_OFFSET, accessed ? 1 : 0);
  }

  /** Changes what an entry is ranked by. */
  public void entryObjective(Digest256 key, String runId, double objective) {
    put(key, runId, IndexLayout.ENTRY_OBJECTIVE_OFFSET, Double.doubleToRawLongBits(objective));
  }

  /** Makes an entry unknown. */
  public void entryGone(Digest256 key, String runId) {
    put(key, runId, IndexLayout.STATE_OF_RECORD_OFFSET, IndexLayout.GONE);
  }

  /** Has an entry be recorded where no search looks for it. */
  void entryOfAnotherRun(Digest256 key, String runId) {
    put(key, runId, IndexLayout.ENTRY_RUN_HASH_OFFSET, Checksums.ofRunId(runId) ^ 3);
  }

  private void put(Digest256 key, String runId, int field, long value) {
    Segment segment =
        Objects.requireNonNull(
            new Segments(
                    files, files::allocate, IndexLayout.ENTRIES_OFFSET, IndexLayout.ENTRY_LENGTH)
                .of(key),
            "no segment");
    boolean[] found = new boolean[1];
    segment.forEachUsed(
        offset -> {
          long hash = segment.buffer.getLong(offset + IndexLayout.ENTRY_RUN_HASH_OFFSET);
          if (segment.keyAt(offset).equals(key) && hash == Checksums.ofRunId(runId)) {
            segment.buffer.putLong(offset + field, value);
            found[0] = true;
          }
        });
    if (!found[0]) {
      throw new AssertionError("not recorded: " + runId);
    }
  }

  /** Records an entry that nobody has saved. */
  public void entryOfNobody(Digest256 key, String runId) {
    if (!entries.record(key, new EntryFacts(runId, 500, 1, false, 1, Double.NaN, false))) {
      throw new AssertionError("no room");
    }
  }

  /** Changes what a key is down for, its stripe with it, as somebody would who has miscounted. */
  public void keyBytes(Digest256 key, long delta) {
    SlotCursor at = slot(key);
    int stripe = StripeLocks.stripeOf(key);
    SlotCounts.account(at, key, SlotCounts.bytes(at, key) + delta, SlotCounts.scannedCtime(at));
    totals.set(stripe, totals.bytes(stripe) + delta);
  }

  /** Changes what a key is down for, and leaves its check. */
  public void keyBytesWithoutCheck(Digest256 key) {
    flip(slot(key).buffer(), slot(key).offset + IndexLayout.BYTES_OFFSET);
  }

  /** Changes the sum of a key's stripe. */
  public void stripeBytes(Digest256 key, long delta) {
    int stripe = StripeLocks.stripeOf(key);
    totals.set(stripe, totals.bytes(stripe) + delta);
  }

  /** Changes the sum of a key's stripe, and leaves its check. */
  public void stripeBytesWithoutCheck(Digest256 key) {
    int summary =
        IndexLayout.SUMMARIES_OFFSET + StripeLocks.stripeOf(key) * IndexLayout.SUMMARY_LENGTH;
    flip(files.base, summary + IndexLayout.STRIPE_BYTES_OFFSET);
  }

  public void quarantineBytes(long bytes) {
    totals.setQuarantine(bytes);
  }

  /** Has a winner that readers believe be another version, or for 0 nobody. */
  public void winner(Digest256 key, int ranking, long version) {
    SlotCursor at = slot(key);
    IndexedWinner winner = new IndexedWinner();
    if (!keys.read(at, key, ranking, winner)) {
      throw new AssertionError("no winner");
    }
    long checkedAt = KeyTable.checkedAt(at.buffer(), at.offset, ranking);
    // Over one that is believed nobody fills another.
    keys.change(at, keys.changes(at) + 1);
    winner.under(keys.changes(at), winner.ctime());
    winner.set(version, 1);
    if (version == 0) {
      winner.setMiss();
    }
    if (!keys.fill(at, key, ranking, checkedAt, winner, 0)) {
      throw new AssertionError("not filled");
    }
  }

  /** Has a key's winners be read again, if it has a slot. */
  public void voidWinners(Digest256 key) {
    SlotCursor at = new SlotCursor();
    if (keys.find(key, at)) {
      keys.change(at, Checksums.mix(System.nanoTime()));
    }
  }

  /** Whether a winner is there that readers believe, and its directory was not too young. */
  public boolean hasWinner(Digest256 key, int ranking) {
    SlotCursor at = new SlotCursor();
    IndexedWinner winner = new IndexedWinner();
    return keys.find(key, at) && keys.read(at, key, ranking, winner) && winner.ctime() >= 0;
  }

  /** Flips a bit of the reference to the segment of a key's entries. */
  public void flipSegment(Digest256 key, int bit) {
    int directory = IndexLayout.stripeHead(StripeLocks.stripeOf(key)) + IndexLayout.ENTRIES_OFFSET;
    int offset = directory + 8 * Segments.index(key);
    files.base.putLong(offset, files.base.getLong(offset) ^ 1L << bit);
  }

  /** Leaves but a few pages of the first file. */
  public void useAllPagesBut(int pages) {
    long used = IndexFile.pagesUsed(IndexLayout.FIRST_PAGES - pages);
    files.base.putLongVolatile(IndexLayout.PAGES_USED_OFFSET, used);
  }

  private SlotCursor slot(Digest256 key) {
    SlotCursor at = new SlotCursor();
    if (!keys.find(key, at)) {
      throw new AssertionError("no slot: " + key.toHex());
    }
    return at;
  }

  private static void flip(AtomicBuffer buffer, int offset) {
    buffer.putLong(offset, buffer.getLong(offset) ^ 1 << 9);
  }
}
