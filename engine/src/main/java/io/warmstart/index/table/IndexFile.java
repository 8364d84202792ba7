package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.BOOT_OFFSET;
import static io.warmstart.mapped.IndexLayout.DOUBT_OFFSET;
import static io.warmstart.mapped.IndexLayout.FILE_NUMBER_OFFSET;
import static io.warmstart.mapped.IndexLayout.FILE_OFFSET;
import static io.warmstart.mapped.IndexLayout.GENERATION_OFFSET;
import static io.warmstart.mapped.IndexLayout.LIVE;
import static io.warmstart.mapped.IndexLayout.MAGIC;
import static io.warmstart.mapped.IndexLayout.MAGIC_OFFSET;
import static io.warmstart.mapped.IndexLayout.PAGES_USED_OFFSET;
import static io.warmstart.mapped.IndexLayout.STATE_OFFSET;
import static io.warmstart.mapped.IndexLayout.VERSION_OFFSET;

import io.warmstart.io.FileFacts;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/** One mapped file of the index. Safe for all threads. */
public final class IndexFile {
  /** Whose word the number of pages is: no stripe's. */
  private static final long PAGES_USED = -1;

  public final AtomicBuffer buffer;
  private final int number;
  private final @Nullable FileFacts identity;

  /**
   * Stands over a mapping.
   *
   * @param number 0 for the first file
   * @param identity the file's; null for memory that no file is behind
   */
  public IndexFile(AtomicBuffer buffer, int number, @Nullable FileFacts identity) {
    this.buffer = buffer;
    this.number = number;
    this.identity = identity;
  }

  /** Writes the header of a new, zeroed file. */
  public void initialise(long boot, long generation) {
    buffer.putLong(VERSION_OFFSET, IndexLayout.layout());
    buffer.putLong(BOOT_OFFSET, boot);
    buffer.putLong(GENERATION_OFFSET, generation);
    buffer.putLong(FILE_NUMBER_OFFSET, number);
    buffer.putLong(FILE_OFFSET, ownWord());
    // Page 0 is never given out: 0 stands for none.
    buffer.putLong(PAGES_USED_OFFSET, pagesUsed(1));
    buffer.putLong(DOUBT_OFFSET, generation | 1);
    buffer.putLong(STATE_OFFSET, LIVE);
    buffer.putLongVolatile(MAGIC_OFFSET, MAGIC);
  }

  /**
   * Whether the file was made under this boot, with this layout, and is in use. A copy of one that
   * was, with another root or brought back from a backup, tells of files that lie elsewhere.
   */
  boolean usable(long boot) {
    return buffer.getLong(BOOT_OFFSET) == boot && usable();
  }

  /** Whether it was made under another boot, or is a copy: it is not used, and was not damaged. */
  boolean isOfElsewhere(long boot) {
    return buffer.getLongVolatile(MAGIC_OFFSET) == MAGIC
        && (buffer.getLong(BOOT_OFFSET) != boot || buffer.getLong(FILE_OFFSET) != ownWord());
  }

  /** Whether the file is of a generation that is in use, whose boot its first file tells. */
  boolean usableIn(long generation) {
    return generation() == generation && usable();
  }

  private boolean usable() {
    return buffer.getLongVolatile(MAGIC_OFFSET) == MAGIC
        && buffer.getLong(VERSION_OFFSET) == IndexLayout.layout()
        && buffer.getLong(FILE_NUMBER_OFFSET) == number
        && buffer.getLong(FILE_OFFSET) == ownWord()
        && buffer.getLongVolatile(STATE_OFFSET) == LIVE;
  }

  private long ownWord() {
    Object own = identity == null ? null : identity.identity();
    return own == null ? 0 : Checksums.ofText(own.toString());
  }

  /** The number of the slot whose record lies at an offset. */
  public int slotAt(int offset) {
    return IndexLayout.slotAt(number, offset);
  }

  /** Where the hot word of a slot lies whose record lies at an offset. */
  public int hotWordAt(int offset) {
    return hotWordOf(slotAt(offset));
  }

  /** Where the hot word of a slot lies. */
  public int hotWordOf(int slot) {
    return IndexLayout.hotWordOf(number, slot);
  }

  long generation() {
    return buffer.getLong(GENERATION_OFFSET);
  }

  @Nullable FileFacts identity() {
    return identity;
  }

  /** The word that says how many pages are given out. */
  public static long pagesUsed(long pages) {
    return Checksums.seal(PAGES_USED, pages);
  }

  /** How many pages are given out by such a word; -1 if it is none. */
  static long pagesUsedOf(long word) {
    return Checksums.unseal(PAGES_USED, word);
  }
}
