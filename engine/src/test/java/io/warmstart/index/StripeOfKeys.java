package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;

/** Keys of one stripe, in the slots of an index in memory that a process has mapped. */
final class StripeOfKeys {
  static final int STRIPE = 7;

  final MemoryIndex memory = new MemoryIndex();
  final IndexModel.Member process;
  private long lastChanges;

  StripeOfKeys(IndexRoot root) {
    process = new IndexModel.Member(root, memory);
  }

  static Digest256 key(int n) {
    return Digest256.ofWords(Checksums.mix(n), STRIPE, Checksums.mix(n + 1_000_000L), n);
  }

  KeyTable keys() {
    return process.attached().keys();
  }

  long fresh() {
    return Checksums.mix(++lastChanges);
  }

  SlotCursor insert(Digest256 key, long bytes) {
    SlotCursor at = new SlotCursor();
    assertTrue(keys().insert(key, fresh(), at));
    SlotCounts.account(at, key, bytes, 0);
    return at;
  }

  long pagesUsed() {
    return IndexFiles.usedPages(memory.file(0).getLong(IndexLayout.PAGES_USED_OFFSET));
  }

  /** How many places there are in the segment that a key belongs to. */
  int places(Digest256 key) {
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
