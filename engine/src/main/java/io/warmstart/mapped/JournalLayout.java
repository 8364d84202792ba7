package io.warmstart.mapped;

import io.warmstart.mapped.ControlLayout.Field;
import java.util.List;

/**
 * The bytes of a segment of the journal, {@code .warmstart/journal/segment-00000000} and so on,
 * little-endian: a header of one page, and then records one behind the other, each at a multiple of
 * 64.
 *
 * <p>A segment is written by the one process that holds its byte of the lock file. The process that
 * adopts it gets that byte, says that it is given up, and marks what is in pairs; anybody may ask
 * for pairs. It is used again and again without being cleared; what tells the records of this life
 * from those before is the salt.
 *
 * <p>Every field of the header is read and written as a whole long, for the reason that {@link
 * MappedFaults} gives; records are copied in bulk before they are looked at.
 *
 * <p>While a save appends nothing is stored to the header: its page would be written by each sync,
 * apart from those of the records.
 *
 * <p>Version history: 1, the first; 2, records may stay open, or be void without ever having been
 * whole, while others stand behind them.
 */
public final class JournalLayout {
  private JournalLayout() {}

  /** "WARMJRNL" as a little-endian long. */
  public static final long MAGIC = 0x4c4e_524a_4d52_4157L;

  public static final int VERSION = 2;

  /** What an older build has left is read all the same: it only uses less of what there is. */
  private static final int OLDEST_READABLE = 1;

  public static final int HEADER_LENGTH = 4096;

  // Header. Each writer has lines of its own.
  public static final int MAGIC_OFFSET = 0;
  public static final int VERSION_OFFSET = 8;
  public static final int LAYOUT_HASH_OFFSET = 12;
  public static final int BOOT_OFFSET = 16;
  public static final int NUMBER_OFFSET = 24;
  public static final int LENGTH_OFFSET = 32;
  public static final int SALT_OFFSET = 40;
  public static final int CHECK_OFFSET = 48;
  public static final int DURABLE_OFFSET = 136;
  public static final int DONE_OFFSET = 144;
  public static final int ANSWERED_OFFSET = 152;
  public static final int STATE_OFFSET = 256;
  public static final int WANTED_OFFSET = 384;

  /** Its owner appends. */
  public static final long IN_USE = 1;

  /** Somebody makes pairs of what is in it, and then removes it. */
  public static final long GIVEN_UP = 2;

  // Record.
  public static final int ALIGNMENT = 64;
  public static final int COMMIT_OFFSET = 0;
  public static final int PLACE_OFFSET = 8;
  public static final int STAMP_OFFSET = 16;
  public static final int KEY_OFFSET = 24;
  public static final int OBJECTIVE_OFFSET = 56;
  public static final int ITERATION_OFFSET = 64;
  public static final int FLAGS_OFFSET = 72;
  public static final int PAYLOAD_LENGTH_OFFSET = 80;
  public static final int PAYLOAD_CHECK_OFFSET = 88;
  public static final int HEAD_CHECK_OFFSET = 96;
  public static final int RUN_ID_OFFSET = 128;

  /** As long as a run id may be. */
  public static final int RUN_ID_CAPACITY = 128;

  /**
   * Of a commit word: the save failed after all, or went another way. Of a negative one: what was
   * reserved was never committed.
   */
  public static final long VOID = 1;

  /** Of a commit word: a pair of this version, or of a later one, is in place. */
  public static final long PAIRED = 2;

  /** Of a commit word: and is durable; or a later version was durable before, in the journal. */
  public static final long SETTLED = 4;

  /** Of a commit word: the record was synced. */
  public static final long SYNCED = 8;

  /** All that may stand in a commit word beside the length. */
  public static final long MARKS = VOID | PAIRED | SETTLED | SYNCED;

  // Flags; the length of the run id stands above them.
  public static final long FINAL = 1;
  public static final long HAS_OBJECTIVE = 2;
  public static final long HAS_ITERATION = 4;
  public static final long POWER_SAFE = 8;
  public static final int RUN_ID_LENGTH_SHIFT = 8;

  public static final List<Field> HEADER =
      List.of(
          new Field("magic", MAGIC_OFFSET, 8, "WARMJRNL"),
          new Field("version", VERSION_OFFSET, 4, Integer.toString(VERSION)),
          new Field("layout hash", LAYOUT_HASH_OFFSET, 4, "over the fields of this layout"),
          new Field("boot", BOOT_OFFSET, 8, "first 8 bytes of the kernel's boot id"),
          new Field("number", NUMBER_OFFSET, 8, "as in the file's name"),
          new Field("length", LENGTH_OFFSET, 8, "of the file"),
          new Field("salt", SALT_OFFSET, 8, "random; another one each time the segment is emptied"),
          new Field("check", CHECK_OFFSET, 8, "over the fields before it"),
          new Field("durable", DURABLE_OFFSET, 8, "everything before it was synced; it lags"),
          new Field("done", DONE_OFFSET, 8, "nothing before it is needed any more"),
          new Field(
              "answered", ANSWERED_OFFSET, 8, "the value of wanted for which all is in pairs"),
          new Field("state", STATE_OFFSET, 8, "1 in use, 2 given up"),
          new Field("wanted", WANTED_OFFSET, 8, "who needs pairs stores another value"));

  public static final List<Field> RECORD =
      List.of(
          new Field(
              "commit",
              COMMIT_OFFSET,
              8,
              "the length, negative while it is open, 0 none; + 1 void, 2 pair in place, 4 and durable, 8 synced"),
          new Field("place", PLACE_OFFSET, 8, "the salt + where the record begins"),
          new Field("written", STAMP_OFFSET, 8, "unix nanoseconds of the written stamp"),
          new Field("key", KEY_OFFSET, 32, "the fingerprint, as four longs"),
          new Field("objective", OBJECTIVE_OFFSET, 8, "as a double's bits"),
          new Field("iteration", ITERATION_OFFSET, 8, "unsigned"),
          new Field(
              "flags",
              FLAGS_OFFSET,
              8,
              "1 final, 2 objective, 4 iteration, 8 power-safe; + 256 × length of the run id"),
          new Field("payload length", PAYLOAD_LENGTH_OFFSET, 8, "bytes"),
          new Field("payload check", PAYLOAD_CHECK_OFFSET, 8, "CRC32C of the payload"),
          new Field(
              "head check",
              HEAD_CHECK_OFFSET,
              8,
              "CRC32C from the place to the run id's end, this field taken for 0"),
          new Field(
              "run id",
              RUN_ID_OFFSET,
              RUN_ID_CAPACITY,
              "ASCII, as long as it is; the payload follows at the next multiple of 64"));

  /** Version and layout hash, as the one long that they are read as. */
  public static long layout() {
    return VERSION | (long) ControlLayout.layoutHash(List.of(HEADER, RECORD)) << 32;
  }

  /** Whether this build reads segments of such a layout. */
  public static boolean isReadable(long layout) {
    int version = (int) layout;
    return layout >> 32 == layout() >> 32 && version >= OLDEST_READABLE && version <= VERSION;
  }

  /** The check of a header. */
  public static long check(long layout, long boot, long number, long length, long salt) {
    long sum = Checksums.mix(layout ^ boot);
    sum = Checksums.mix(sum + number);
    sum = Checksums.mix(sum + length);
    return Checksums.mix(sum ^ salt);
  }

  /** Where a record's payload begins, from the record's beginning. */
  public static int payloadOffset(int runIdLength) {
    return align(RUN_ID_OFFSET + runIdLength);
  }

  /** How long a record is. */
  public static long recordLength(int runIdLength, long payloadLength) {
    return (payloadOffset(runIdLength) + payloadLength + ALIGNMENT - 1) & -ALIGNMENT;
  }

  private static int align(int length) {
    return (length + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
