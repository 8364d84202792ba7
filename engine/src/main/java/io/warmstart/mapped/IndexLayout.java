package io.warmstart.mapped;

import io.warmstart.mapped.ControlLayout.Field;
import java.util.List;

/**
 * The bytes of {@code .warmstart/index} and its extensions {@code index-1}, {@code index-2}, ...,
 * little-endian.
 *
 * <p>The first file has a header, a summary and a head for each stripe; an extension has a header
 * page. After them come hot words, one for each slot that the file's pages could hold, and then the
 * pages: in an extension as many as in all files before it together. Pages are numbered through all
 * files; page 0 is never given out. A {@code Segment} is a run of pages whose number is a power of
 * two, all in one file, full of slots or of entries.
 *
 * <p>The <em>hot word</em> of a slot is all of it that a hit reads. It lies apart, so that eight
 * keys share a cache line.
 *
 * <p>Every field is read and written as a whole long, for the reason that {@link MappedFaults}
 * gives.
 *
 * <p>Version history: 1, the first; 2, when a scan began; 3, numbers that lead to pages, free slots
 * and free entries have a check; 4, entries have a hash table; 5, change times instead of
 * modification times, and those of the winners' manifests; 6, segments instead of hash chains and
 * lists, and entries have their written stamp; 7, slots have the latest of their key; 8, a word
 * tells of the segments of the journal; 9, entries have what rankings go by, and slots a census;
 * 10, what changes with a key's files lies apart from its slot, and each winner has its own look;
 * 11, a word tells of keys that come.
 */
public final class IndexLayout {
  private IndexLayout() {}

  /** "WARMINDX" as a little-endian long. */
  public static final long MAGIC = 0x5844_4e49_4d52_4157L;

  public static final int VERSION = 11;

  public static final int STRIPES = ControlLayout.KEY_STRIPES;

  public static final int HEADER_LENGTH = 4096;
  public static final int SUMMARIES_OFFSET = HEADER_LENGTH;
  public static final int SUMMARY_LENGTH = 32;
  public static final int STRIPE_HEADS_OFFSET = SUMMARIES_OFFSET + SUMMARY_LENGTH * STRIPES;
  public static final int STRIPE_HEAD_LENGTH = 1024;

  public static final int PAGE_LENGTH = 1024;
  public static final int SLOT_LENGTH = 256;
  public static final int ENTRY_LENGTH = 128;
  public static final int SLOTS_PER_PAGE = PAGE_LENGTH / SLOT_LENGTH;
  public static final int HOT_WORD_LENGTH = 8;

  /** Pages of the first file; a power of two. */
  public static final int FIRST_PAGES = 1024;

  public static final int HOT_WORDS_OFFSET = STRIPE_HEADS_OFFSET + STRIPES * STRIPE_HEAD_LENGTH;
  public static final int PAGES_OFFSET =
      HOT_WORDS_OFFSET + FIRST_PAGES * SLOTS_PER_PAGE * HOT_WORD_LENGTH;

  /** The last extension has 2^20 pages, which is 1 GiB; one of 2 GiB has no mapping. */
  public static final int MOST_FILES = 12;

  public static final int MOST_PAGES = FIRST_PAGES << (MOST_FILES - 1);

  /** A segment of 2^4 pages, 16 KiB, is split instead of doubled, if it has several keys. */
  public static final int SPLIT_CLASS = 4;

  /** No segment has more than 2^17 pages, 128 MiB: a million runs of one key. */
  public static final int SIZE_CLASSES = 18;

  public static final int SIZE_CLASS_BITS = 5;

  public static final int DIRECTORY_BITS = 6;
  public static final int DIRECTORY_LENGTH = 1 << DIRECTORY_BITS;

  // Header. What savers write lies on lines of its own: readers share the first.
  public static final int MAGIC_OFFSET = 0;
  public static final int VERSION_OFFSET = 8;
  public static final int LAYOUT_HASH_OFFSET = 12;
  public static final int BOOT_OFFSET = 16;
  public static final int GENERATION_OFFSET = 24;
  public static final int STATE_OFFSET = 32;
  public static final int FILE_NUMBER_OFFSET = 40;
  public static final int EPOCH_OFFSET = 48;
  public static final int FILE_OFFSET = 56;
  public static final int PAGES_USED_OFFSET = 128;
  public static final int DOUBT_OFFSET = 192;
  public static final int COUNTED_OFFSET = 200;
  public static final int SCANNED_AT_OFFSET = 224;
  public static final int QUARANTINE_OFFSET = 208;
  public static final int QUARANTINE_CHECK_OFFSET = 216;
  public static final int SCAN_BEGAN_OFFSET = 232;
  public static final int SEGMENTS_OFFSET = 256;
  public static final int KEYS_OFFSET = 264;

  public static final long LIVE = 1;
  public static final long SUPERSEDED = 2;

  // Summary of a stripe: what sweeps look at after each save, side by side.
  public static final int STRIPE_CHANGES_OFFSET = 0;
  public static final int STRIPE_BYTES_OFFSET = 8;
  public static final int STRIPE_CHECK_OFFSET = 16;

  // Stripe head: a directory of segments for slots, and one for entries.
  public static final int SLOTS_OFFSET = 0;
  public static final int ENTRIES_OFFSET = 8 * DIRECTORY_LENGTH;

  // Slot and entry: how a search looks at them.
  public static final int STATE_OF_RECORD_OFFSET = 0;
  public static final int KEY_OFFSET = 8;
  public static final int TAG_OFFSET = 40;

  // States of a record, which no flipped bit makes another one. "USED" and "GONE" as longs.
  public static final long EMPTY = 0;
  public static final long USED = 0x4445_5355L;
  public static final long GONE = 0x454e_4f47L;

  // Slot.
  public static final int WINNERS_OFFSET = 40;
  public static final int SCANNED_CTIME_OFFSET = 184;
  public static final int BYTES_OFFSET = 192;
  public static final int BYTES_CHECK_OFFSET = 200;
  public static final int LATEST_WRITTEN_OFFSET = 208;
  public static final int CENSUS_CTIME_OFFSET = 216;
  public static final int CENSUS_AS_OF_OFFSET = 224;
  public static final int CENSUS_SUM_OFFSET = 232;
  public static final int CENSUS_CHECK_OFFSET = 240;

  /**
   * Marks the change time of the root, where the key has no directory: none can be made without
   * moving that. Ctimes reach this bit in the year 2116.
   */
  public static final long NO_DIRECTORY = 1L << 62;

  // Winner: one for each ranking.
  public static final int WINNERS = 3;
  public static final int WINNER_LENGTH = 48;
  public static final int VERSION_OF_WINNER_OFFSET = 0;
  public static final int CHECK_OFFSET = 8;
  public static final int CTIME_OFFSET = 16;
  public static final int MANIFEST_CTIME_OFFSET = 24;
  public static final int CHECKED_OFFSET = 32;
  public static final int LAST_USE_OFFSET = 40;

  // Entry.
  public static final int ENTRY_RUN_HASH_OFFSET = TAG_OFFSET;
  public static final int ENTRY_LAST_USE_OFFSET = 48;
  public static final int ENTRY_ACCESSED_OFFSET = 56;
  public static final int ENTRY_BYTES_OFFSET = 64;
  public static final int ENTRY_WRITTEN_OFFSET = 72;
  public static final int ENTRY_OBJECTIVE_OFFSET = 80;
  public static final int ENTRY_RUN_OFFSET = 88;
  public static final int ENTRY_RUN_CAPACITY = ENTRY_LENGTH - ENTRY_RUN_OFFSET;

  public static final List<Field> HEADER =
      List.of(
          new Field("magic", MAGIC_OFFSET, 8, "WARMINDX"),
          new Field("version", VERSION_OFFSET, 4, Integer.toString(VERSION)),
          new Field("layout hash", LAYOUT_HASH_OFFSET, 4, "over the fields of this layout"),
          new Field("boot", BOOT_OFFSET, 8, "first 8 bytes of the kernel's boot id"),
          new Field("generation", GENERATION_OFFSET, 8, "random; the same in all files"),
          new Field("state", STATE_OFFSET, 8, "1 live, 2 superseded by a new file"),
          new Field("file number", FILE_NUMBER_OFFSET, 8, "0 the first file, else the extension"),
          new Field("epoch", EPOCH_OFFSET, 8, "another value whenever all winners become void"),
          new Field("file", FILE_OFFSET, 8, "of device and inode: a copy has others"),
          new Field("pages used", PAGES_USED_OFFSET, 8, "sealed: pages given out, page 0 included"),
          new Field("doubt", DOUBT_OFFSET, 8, "another value whenever something went uncounted"),
          new Field("counted", COUNTED_OFFSET, 8, "the doubt that a whole scan has settled"),
          new Field("quarantine", QUARANTINE_OFFSET, 8, "bytes in quarantine at the last scan"),
          new Field("quarantine check", QUARANTINE_CHECK_OFFSET, 8, "over it"),
          new Field("scanned at", SCANNED_AT_OFFSET, 8, "when a scan of the root last ended"),
          new Field("scan began", SCAN_BEGAN_OFFSET, 8, "when the last began that left no key out"),
          new Field(
              "segments",
              SEGMENTS_OFFSET,
              8,
              "another value whenever a segment of the journal comes or goes"),
          new Field(
              "keys", KEYS_OFFSET, 8, "another value whenever a key may get its first files"));

  public static final List<Field> SUMMARY =
      List.of(
          new Field("changes", STRIPE_CHANGES_OFFSET, 8, "raised with each change of its entries"),
          new Field("bytes", STRIPE_BYTES_OFFSET, 8, "of all files of the stripe's keys"),
          new Field("check", STRIPE_CHECK_OFFSET, 8, "over stripe and bytes"));

  public static final List<Field> STRIPE_HEAD =
      List.of(
          new Field("slots", SLOTS_OFFSET, 8 * DIRECTORY_LENGTH, "64 sealed segments of slots"),
          new Field(
              "entries", ENTRIES_OFFSET, 8 * DIRECTORY_LENGTH, "64 sealed segments of entries"));

  public static final List<Field> SLOT =
      List.of(
          new Field("state", STATE_OF_RECORD_OFFSET, 8, "0 empty, USED or GONE"),
          new Field("key", KEY_OFFSET, 32, "the fingerprint, as four longs"),
          new Field("winners", WINNERS_OFFSET, 144, "one record of 48 bytes for each ranking"),
          new Field(
              "scanned change time",
              SCANNED_CTIME_OFFSET,
              8,
              "the directory's when last scanned, or 0"),
          new Field("bytes", BYTES_OFFSET, 8, "of all files of the key"),
          new Field("bytes check", BYTES_CHECK_OFFSET, 8, "over key and bytes"),
          new Field(
              "latest written",
              LATEST_WRITTEN_OFFSET,
              8,
              "the latest written stamp of the key's entries; 0: unknown"),
          new Field(
              "census change time",
              CENSUS_CTIME_OFFSET,
              8,
              "the directory's, if it shows each change of others; else 0"),
          new Field(
              "census as of", CENSUS_AS_OF_OFFSET, 8, "when nothing of others was missing yet"),
          new Field("census sum", CENSUS_SUM_OFFSET, 8, "of the hashes of all entries"),
          new Field(
              "census check",
              CENSUS_CHECK_OFFSET,
              8,
              "over key, these three and doubt; 0 during a change"));

  public static final List<Field> HOT_WORD =
      List.of(new Field("changes", 0, 8, "another value at each change of the key's files"));

  public static final List<Field> WINNER =
      List.of(
          new Field("version", VERSION_OF_WINNER_OFFSET, 8, "which version wins; 0: a miss"),
          new Field(
              "check", CHECK_OFFSET, 8, "over key, ranking, changes, version, both change times"),
          new Field(
              "change time",
              CTIME_OFFSET,
              8,
              "the directory's when read; + 2^62 the root's; negative: young"),
          new Field(
              "manifest",
              MANIFEST_CTIME_OFFSET,
              8,
              "the manifest's change time; 0: young, or none"),
          new Field(
              "checked", CHECKED_OFFSET, 8, "unix nanoseconds of the last look at both of them"),
          new Field("last use", LAST_USE_OFFSET, 8, "unix nanoseconds of its last use"));

  public static final List<Field> ENTRY =
      List.of(
          new Field("state", STATE_OF_RECORD_OFFSET, 8, "0 empty, USED or GONE"),
          new Field("key", KEY_OFFSET, 32, "the fingerprint, as four longs"),
          new Field("run hash", ENTRY_RUN_HASH_OFFSET, 8, "of the run id"),
          new Field("last use", ENTRY_LAST_USE_OFFSET, 8, "unix nanoseconds of write or access"),
          new Field("accessed", ENTRY_ACCESSED_OFFSET, 8, "1 if a lookup has returned it"),
          new Field(
              "bytes", ENTRY_BYTES_OFFSET, 8, "of manifest and payload; bit 63: a final result"),
          new Field("written", ENTRY_WRITTEN_OFFSET, 8, "unix nanoseconds of the written stamp"),
          new Field("objective", ENTRY_OBJECTIVE_OFFSET, 8, "its bits as a double; NaN: none"),
          new Field(
              "run id", ENTRY_RUN_OFFSET, ENTRY_RUN_CAPACITY, "its first 40 characters, or zeros"));

  private static final List<List<Field>> RECORDS =
      List.of(HEADER, SUMMARY, STRIPE_HEAD, HOT_WORD, SLOT, WINNER, ENTRY);

  /** Version and layout hash, as the one long that they are read as. */
  public static long layout() {
    return VERSION | (long) layoutHash() << 32;
  }

  private static int layoutHash() {
    int hash = ControlLayout.layoutHash(RECORDS);
    for (int constant : new int[] {STRIPES, PAGE_LENGTH, FIRST_PAGES, MOST_FILES, PAGES_OFFSET}) {
      hash = 31 * hash + constant;
    }
    return hash;
  }

  /** The length of one of the files. */
  public static int fileLength(int file) {
    return pagesOffset(file) + pagesIn(file) * PAGE_LENGTH;
  }

  public static int pagesOffset(int file) {
    return hotWordsOffset(file) + pagesIn(file) * SLOTS_PER_PAGE * HOT_WORD_LENGTH;
  }

  /** Where a file's hot words begin. */
  public static int hotWordsOffset(int file) {
    return file == 0 ? HOT_WORDS_OFFSET : PAGE_LENGTH;
  }

  /** The number of the slot whose record lies at an offset of a file. */
  public static int slotAt(int file, int offset) {
    return (offset - pagesOffset(file)) / SLOT_LENGTH + firstPage(file) * SLOTS_PER_PAGE;
  }

  /** Which file a slot lies in. */
  public static int fileOfSlot(int slot) {
    return fileOf(slot / SLOTS_PER_PAGE);
  }

  /** Where the hot word of a slot lies in its file. */
  public static int hotWordOf(int file, int slot) {
    return hotWordsOffset(file) + (slot - firstPage(file) * SLOTS_PER_PAGE) * HOT_WORD_LENGTH;
  }

  public static int pagesIn(int file) {
    return file == 0 ? FIRST_PAGES : FIRST_PAGES << (file - 1);
  }

  /** Where a stripe's head lies in the first file. */
  public static int stripeHead(int stripe) {
    return STRIPE_HEADS_OFFSET + stripe * STRIPE_HEAD_LENGTH;
  }

  /** The first page of a file. */
  public static int firstPage(int file) {
    return file == 0 ? 0 : FIRST_PAGES << (file - 1);
  }

  /** Which file a page lies in. */
  public static int fileOf(int page) {
    return 32 - Integer.numberOfLeadingZeros(page / FIRST_PAGES);
  }

  /** Whether two to a power of pages from one on lie in one file. */
  public static boolean isRun(int page, int sizeClass) {
    return page > 0
        && page < MOST_PAGES
        && sizeClass < SIZE_CLASSES
        && page + (1 << sizeClass) <= FIRST_PAGES << fileOf(page);
  }

  /** Where a page lies in its file. */
  public static int offsetOf(int page) {
    int file = fileOf(page);
    return pagesOffset(file) + (page - firstPage(file)) * PAGE_LENGTH;
  }
}
