package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.Segment;
import io.warmstart.index.table.Segments;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;

/** Keys of one stripe, in the slots of an index in memory that a process has mapped. */
public final class StripeOfKeys {
  public static final int STRIPE = 7;

  public final MemoryIndex memory = new MemoryIndex();
  public final IndexModel.Member process;
  private long lastChanges;

  public StripeOfKeys(IndexRoot root) {
    process = new IndexModel.Member(root, memory);
  }

  public static Digest256 key(int n) {
    return Digest256.ofWords(Checksums.mix(n), STRIPE, Checksums.mix(n + 1_000_000L), n);
  }

  public KeyTable keys() {
    return process.attached().keys();
  }

  public long fresh() {
    return Checksums.mix(++lastChanges);
  }

  public SlotCursor insert(Digest256 key, long bytes) {
    SlotCursor at = new SlotCursor();
    assertTrue(keys().insert(key, fresh(), at));
    SlotCounts.account(at, key, bytes, 0);
    return at;
  }

  public long pagesUsed() {
    return IndexFiles.usedPages(memory.file(0).getLong(IndexLayout.PAGES_USED_OFFSET));
  }

  /** How many places there are in the segment that a key belongs to. */
  public int places(Digest256 key) {
    Segment segment =
        new Segments(
                process.attached().files(),
                count -> 0,
                IndexLayout.SLOTS_OFFSET,
                IndexLayout.SLOT_LENGTH)
            .of(key);
    return segment == null ? 0 : segment.capacity();
  }
}
