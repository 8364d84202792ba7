package io.warmstart.index;

import io.warmstart.index.CoordinationLayout.Field;
import java.util.List;

/**
 * The bytes of {@code .warmstart/index} and its extensions {@code index-1}, {@code index-2}, ...,
 * little-endian.
 *
 * <p>The first file has a header, a summary and a head for each stripe, and the buckets of two hash
 * tables, of keys and of entries; after them pages. An extension has a header page, and then pages,
 * as many as all files before it together. Pages are numbered through all files; page 0 is never
 * given out. A page holds four slots, or seven entries after a page head. A slot's number is four
 * times its page's, plus its place; an entry's is eight times its page's, plus its place, from 1 to
 * 7.
 *
 * <p>Every field is read and written as a whole long, for the reason that {@link LostPages} gives.
 *
 * <p>Version history: 1, the first; 2, when a walk began; 3, numbers that lead to pages, free slots
 * and free entries have a check ({@link Link}); 4, entries have a hash table; 5, change times
 * instead of modification times, and those of the winners' manifests.
 */
public final class IndexLayout {
  private IndexLayout() {}

  /** "WARMINDX" as a little-endian long. */
  static final long MAGIC = 0x5844_4e49_4d52_4157L;

  static final int VERSION = 5;

  static final int STRIPES = CoordinationLayout.KEY_STRIPES;
  static final int BUCKETS = 1 << 16;
  static final int ENTRY_BUCKETS = 1 << 16;

  static final int HEADER_LENGTH = 4096;
  static final int SUMMARIES_OFFSET = HEADER_LENGTH;
  static final int SUMMARY_LENGTH = 32;
  static final int STRIPE_HEADS_OFFSET = SUMMARIES_OFFSET + SUMMARY_LENGTH * STRIPES;
  static final int STRIPE_HEAD_LENGTH = 64;
  static final int BUCKETS_OFFSET = STRIPE_HEADS_OFFSET + STRIPES * STRIPE_HEAD_LENGTH;
  static final int ENTRY_BUCKETS_OFFSET = BUCKETS_OFFSET + 8 * BUCKETS;
  static final int PAGES_OFFSET = ENTRY_BUCKETS_OFFSET + 8 * ENTRY_BUCKETS;

  static final int PAGE_LENGTH = 1024;
  static final int SLOT_LENGTH = 256;
  static final int SLOTS_PER_PAGE = PAGE_LENGTH / SLOT_LENGTH;
  static final int ENTRY_LENGTH = 128;
  static final int ENTRIES_PER_PAGE = PAGE_LENGTH / ENTRY_LENGTH;

  /** Pages of the first file; a power of two. */
  static final int FIRST_PAGES = 1024;

  /** The last extension brings the pages to 2^20, which is 1 GiB. */
  static final int MOST_FILES = 11;

  static final int MOST_PAGES = FIRST_PAGES << (MOST_FILES - 1);

  // Header. What savers write lies on lines of its own: readers share the first.
  static final int MAGIC_OFFSET = 0;
  static final int VERSION_OFFSET = 8;
  static final int LAYOUT_HASH_OFFSET = 12;
  static final int BOOT_OFFSET = 16;
  static final int GENERATION_OFFSET = 24;
  static final int STATE_OFFSET = 32;
  static final int FILE_NUMBER_OFFSET = 40;
  static final int EPOCH_OFFSET = 48;
  static final int FILE_OFFSET = 56;
  static final int PAGES_USED_OFFSET = 128;
  static final int DOUBT_OFFSET = 192;
  static final int COUNTED_OFFSET = 200;
  static final int WALKED_AT_OFFSET = 224;
  static final int QUARANTINE_OFFSET = 208;
  static final int QUARANTINE_CHECK_OFFSET = 216;
  static final int WALK_BEGAN_OFFSET = 232;

  static final long LIVE = 1;
  static final long SUPERSEDED = 2;

  // Summary of a stripe: what sweeps look at after each save, side by side.
  static final int STRIPE_CHANGES_OFFSET = 0;
  static final int STRIPE_BYTES_OFFSET = 8;
  static final int STRIPE_CHECK_OFFSET = 16;

  // Stripe head.
  static final int FREE_SLOT_OFFSET = 0;
  static final int FREE_ENTRY_OFFSET = 8;
  static final int ENTRY_PAGE_OFFSET = 16;
  static final int HAND_OFFSET = 24;
  static final int SLOTS_OFFSET = 32;

  // Page head, of a page of entries.
  static final int NEXT_PAGE_OFFSET = 0;

  // Slot.
  static final int NEXT_SLOT_OFFSET = 0;
  static final int KEY_OFFSET = 8;
  static final int CHANGES_OFFSET = 40;
  static final int CTIME_OFFSET = 48;
  static final int CHECKED_OFFSET = 56;
  static final int WINNERS_OFFSET = 64;
  static final int WALKED_CTIME_OFFSET = 160;
  static final int BYTES_OFFSET = 168;
  static final int BYTES_CHECK_OFFSET = 176;
  static final int MANIFESTS_OFFSET = 184;

  /**
   * Marks the change time of the root, where the key has no directory: none can be made without
   * moving that. Ctimes reach this bit in the year 2116.
   */
  static final long NO_DIRECTORY = 1L << 62;

  // Winner: one for each ranking.
  static final int WINNERS = 3;
  static final int WINNER_LENGTH = 32;
  static final int VERSION_HIGH_OFFSET = 0;
  static final int VERSION_LOW_OFFSET = 8;
  static final int CHECK_OFFSET = 16;
  static final int LAST_USE_OFFSET = 24;

  // Entry.
  static final int ENTRY_STATE_OFFSET = 0;
  static final int ENTRY_KEY_OFFSET = 8;
  static final int ENTRY_RUN_HASH_OFFSET = 40;
  static final int ENTRY_LAST_USE_OFFSET = 48;
  static final int ENTRY_ACCESSED_OFFSET = 56;
  static final int ENTRY_BYTES_OFFSET = 64;
  static final int ENTRY_NEXT_OFFSET = 72;
  static final int ENTRY_RUN_OFFSET = 80;
  static final int ENTRY_RUN_CAPACITY = ENTRY_LENGTH - ENTRY_RUN_OFFSET;

  static final int FREE = 0;
  static final int USED = 1;

  public static final List<Field> HEADER =
      List.of(
          new Field("magic", MAGIC_OFFSET, 8, "WARMINDX"),
          new Field("version", VERSION_OFFSET, 4, "5"),
          new Field("layout hash", LAYOUT_HASH_OFFSET, 4, "over the fields of this layout"),
          new Field("boot", BOOT_OFFSET, 8, "first 8 bytes of the kernel's boot id"),
          new Field("generation", GENERATION_OFFSET, 8, "random; the same in all files"),
          new Field("state", STATE_OFFSET, 8, "1 live, 2 superseded by a new file"),
          new Field("file number", FILE_NUMBER_OFFSET, 8, "0 the first file, else the extension"),
          new Field("epoch", EPOCH_OFFSET, 8, "another value whenever all winners become void"),
          new Field("file", FILE_OFFSET, 8, "of device and inode: a copy has others"),
          new Field("pages used", PAGES_USED_OFFSET, 8, "a link: pages given out, page 0 included"),
          new Field("doubt", DOUBT_OFFSET, 8, "another value whenever something went uncounted"),
          new Field("counted", COUNTED_OFFSET, 8, "the doubt that a whole walk has settled"),
          new Field("quarantine", QUARANTINE_OFFSET, 8, "bytes in quarantine at the last walk"),
          new Field("quarantine check", QUARANTINE_CHECK_OFFSET, 8, "over it"),
          new Field("walked at", WALKED_AT_OFFSET, 8, "when a walk of the root last ended"),
          new Field(
              "walk began", WALK_BEGAN_OFFSET, 8, "when the last began that left no key out"));

  public static final List<Field> SUMMARY =
      List.of(
          new Field("changes", STRIPE_CHANGES_OFFSET, 8, "raised with each change of its entries"),
          new Field("bytes", STRIPE_BYTES_OFFSET, 8, "of all files of the stripe's keys"),
          new Field("check", STRIPE_CHECK_OFFSET, 8, "over stripe and bytes"));

  public static final List<Field> STRIPE_HEAD =
      List.of(
          new Field("free slot", FREE_SLOT_OFFSET, 8, "a link: head of the list of free slots"),
          new Field("free entry", FREE_ENTRY_OFFSET, 8, "a link: head of the list of free entries"),
          new Field("entry page", ENTRY_PAGE_OFFSET, 8, "a link: head of the chain of entry pages"),
          new Field("hand", HAND_OFFSET, 8, "the bucket whose slots are taken back next"),
          new Field("slots", SLOTS_OFFSET, 8, "that the stripe has been given"));

  public static final List<Field> PAGE_HEAD =
      List.of(new Field("next page", NEXT_PAGE_OFFSET, 8, "a link: of the stripe's entries"));

  public static final List<Field> SLOT =
      List.of(
          new Field(
              "next slot", NEXT_SLOT_OFFSET, 8, "in the bucket, 0 none; a link in a free slot"),
          new Field("key", KEY_OFFSET, 32, "the fingerprint, as four longs"),
          new Field("changes", CHANGES_OFFSET, 8, "another value at each change of the files"),
          new Field(
              "change time",
              CTIME_OFFSET,
              8,
              "the directory's when read; + 2^62 the root's; negative: young"),
          new Field(
              "checked",
              CHECKED_OFFSET,
              8,
              "when the directory was last read, or looked at for a miss"),
          new Field("winners", WINNERS_OFFSET, 96, "one record of 32 bytes for each ranking"),
          new Field(
              "walked change time",
              WALKED_CTIME_OFFSET,
              8,
              "the directory's when last walked, or 0"),
          new Field("bytes", BYTES_OFFSET, 8, "of all files of the key"),
          new Field("bytes check", BYTES_CHECK_OFFSET, 8, "over key and bytes"),
          new Field(
              "manifests", MANIFESTS_OFFSET, 24, "of each winner's the change time; 0: young"));

  public static final List<Field> WINNER =
      List.of(
          new Field("version high", VERSION_HIGH_OFFSET, 8, "which version wins; both 0: a miss"),
          new Field("version low", VERSION_LOW_OFFSET, 8, "the rest of it"),
          new Field(
              "check", CHECK_OFFSET, 8, "over key, ranking, changes, both change times, version"),
          new Field("last use", LAST_USE_OFFSET, 8, "unix nanoseconds of its last use"));

  public static final List<Field> ENTRY =
      List.of(
          new Field("state", ENTRY_STATE_OFFSET, 8, "0 free, 1 in use"),
          new Field("key", ENTRY_KEY_OFFSET, 32, "the fingerprint, as four longs"),
          new Field(
              "run hash",
              ENTRY_RUN_HASH_OFFSET,
              8,
              "of the run id; in a free one a link to the next"),
          new Field("last use", ENTRY_LAST_USE_OFFSET, 8, "unix nanoseconds of write or access"),
          new Field("accessed", ENTRY_ACCESSED_OFFSET, 8, "1 if a lookup has returned it"),
          new Field("bytes", ENTRY_BYTES_OFFSET, 8, "of manifest and payload"),
          new Field("next entry", ENTRY_NEXT_OFFSET, 8, "a link: to the next in the bucket"),
          new Field(
              "run id", ENTRY_RUN_OFFSET, ENTRY_RUN_CAPACITY, "its first 48 characters, or zeros"));

  private static final List<List<Field>> RECORDS =
      List.of(HEADER, SUMMARY, STRIPE_HEAD, PAGE_HEAD, SLOT, WINNER, ENTRY);

  /** Version and layout hash, as the one long that they are read as. */
  static long layout() {
    return VERSION | (long) layoutHash() << 32;
  }

  private static int layoutHash() {
    int hash = CoordinationLayout.layoutHash(RECORDS);
    for (int constant :
        new int[] {STRIPES, BUCKETS, ENTRY_BUCKETS, PAGE_LENGTH, FIRST_PAGES, PAGES_OFFSET}) {
      hash = 31 * hash + constant;
    }
    return hash;
  }

  /** The length of one of the files. */
  static int fileLength(int file) {
    return pagesOffset(file) + pagesIn(file) * PAGE_LENGTH;
  }

  static int pagesOffset(int file) {
    return file == 0 ? PAGES_OFFSET : PAGE_LENGTH;
  }

  static int pagesIn(int file) {
    return file == 0 ? FIRST_PAGES : FIRST_PAGES << (file - 1);
  }

  /** Where a stripe's heads of lists lie in the first file. */
  static int stripeHead(int stripe) {
    return STRIPE_HEADS_OFFSET + stripe * STRIPE_HEAD_LENGTH;
  }

  /** The first page of a file. */
  static int firstPage(int file) {
    return file == 0 ? 0 : FIRST_PAGES << (file - 1);
  }

  /** Which file a page lies in. */
  static int fileOf(int page) {
    return 32 - Integer.numberOfLeadingZeros(page / FIRST_PAGES);
  }

  /** Where a page lies in its file. */
  static int offsetOf(int page) {
    int file = fileOf(page);
    return pagesOffset(file) + (page - firstPage(file)) * PAGE_LENGTH;
  }
}
