package io.warmstart.mapped;

import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import java.util.List;

/**
 * The bytes of {@code .warmstart/coordination}, little-endian: a header, one row for each process,
 * one record for each lock stripe.
 *
 * <p>Every word has one writer at a time: the process that holds the row, the stripe or the byte of
 * the lock file named with it. So nothing here needs an atomic read-modify-write, which the JVM
 * does not survive on a truncated mapping. The file is never synced: after a reboot it is made
 * again.
 *
 * <p>Version history: 1, the first; 2, the locks moved to the lock file, the byte total to the
 * index, and intents are cleared at release; 3, room for four more counters; 4, biased stripes.
 */
public final class ControlLayout {
  private ControlLayout() {}

  /** One field of a record: its place, its size, and what it says. */
  public record Field(String name, int offset, int length, String meaning) {}

  /** "WARMCOOR" as a little-endian long. */
  public static final long MAGIC = 0x524f_4f43_4d52_4157L;

  public static final int VERSION = 4;

  public static final int HEADER_OFFSET = 0;
  public static final int HEADER_LENGTH = 256;
  public static final int PROCESS_ROWS = 1024;
  public static final int PROCESS_ROW_LENGTH = 256;
  public static final int PROCESSES_OFFSET = HEADER_OFFSET + HEADER_LENGTH;

  /** The stripes of keys; one more, at this index, serialises sweeps. */
  public static final int KEY_STRIPES = 512;

  public static final int SWEEP_STRIPE = KEY_STRIPES;

  /** And one more, to give out the pages of the index. */
  public static final int ALLOCATION_STRIPE = KEY_STRIPES + 1;

  public static final int STRIPES = KEY_STRIPES + 2;
  public static final int STRIPE_LENGTH = 64;
  public static final int STRIPES_OFFSET = PROCESSES_OFFSET + PROCESS_ROWS * PROCESS_ROW_LENGTH;
  public static final int FILE_LENGTH = (STRIPES_OFFSET + STRIPES * STRIPE_LENGTH + 4095) & -4096;

  // Header.
  public static final int MAGIC_OFFSET = 0;
  public static final int VERSION_OFFSET = 8;
  public static final int LAYOUT_HASH_OFFSET = 12;
  public static final int BOOT_OFFSET = 16;
  public static final int CHECK_OFFSET = 24;
  public static final int ROWS_USED_OFFSET = 32;

  // Process row.
  public static final int EPOCH_OFFSET = 0;
  public static final int PID_OFFSET = 8;
  public static final int STARTED_OFFSET = 16;
  public static final int COUNTERS_OFFSET = 32;
  public static final int COUNTERS = 28;

  // Stripe.
  public static final int REMOVALS_OFFSET = 0;
  public static final int STATE_OFFSET = 8;
  public static final int INTENT_OFFSET = 16;
  public static final int BIAS_OFFSET = 48;
  public static final int BIAS_IN_USE_OFFSET = 56;

  public static final List<Field> HEADER =
      List.of(
          new Field("magic", MAGIC_OFFSET, 8, "WARMCOOR"),
          new Field("version", VERSION_OFFSET, 4, Integer.toString(VERSION)),
          new Field(
              "layout hash",
              LAYOUT_HASH_OFFSET,
              4,
              "over the fields of this layout and of that of the index"),
          new Field("boot", BOOT_OFFSET, 8, "first 8 bytes of the kernel's boot id"),
          new Field("check", CHECK_OFFSET, 8, "over the fields before it"),
          new Field("rows used", ROWS_USED_OFFSET, 8, "no row from here on was ever claimed"));

  public static final List<Field> PROCESS_ROW =
      List.of(
          new Field(
              "epoch",
              EPOCH_OFFSET,
              8,
              "of the claim: each has a larger one than the claim before it"),
          new Field("pid", PID_OFFSET, 8, "proves nothing; 0 once the owner has left in order"),
          new Field("started", STARTED_OFFSET, 8, "unix nanoseconds of the claim"),
          new Field(
              "counters", COUNTERS_OFFSET, 8 * COUNTERS, "see StoreCounter; kept over claims"));

  public static final List<Field> STRIPE =
      List.of(
          new Field("removals", REMOVALS_OFFSET, 8, "entries removed under this stripe"),
          new Field(
              "state", STATE_OFFSET, 8, "of the intent: 0 none, 1 at work, 2 left unrepaired"),
          new Field("intent", INTENT_OFFSET, 32, "the key that the holder works on"),
          new Field("bias", BIAS_OFFSET, 8, "the process that keeps the stripe: see below"),
          new Field(
              "bias in use",
              BIAS_IN_USE_OFFSET,
              8,
              "the bias while that process has it, its complement while not"));

  /** A hash over every field, so that two builds that lay the file out differently never share. */
  public static int layoutHash() {
    return layoutHash(List.of(HEADER, PROCESS_ROW, STRIPE));
  }

  public static int layoutHash(List<List<Field>> ledger) {
    int hash = 17;
    for (List<Field> record : ledger) {
      for (Field field : record) {
        hash = 31 * hash + field.name().hashCode();
        hash = 31 * hash + field.offset();
        hash = 31 * hash + field.length();
      }
    }
    for (int constant :
        new int[] {
          HEADER_LENGTH, PROCESS_ROWS, PROCESS_ROW_LENGTH, KEY_STRIPES, STRIPE_LENGTH, FILE_LENGTH
        }) {
      hash = 31 * hash + constant;
    }
    return hash;
  }

  public static int rowOffset(int row) {
    return PROCESSES_OFFSET + row * PROCESS_ROW_LENGTH;
  }

  /** Which one a counter is of those of a process row. */
  @SuppressWarnings("EnumOrdinal")
  public static int counterIndex(StoreCounter counter) {
    return counter.ordinal();
  }

  public static int counterOffset(StoreCounter counter) {
    return COUNTERS_OFFSET + 8 * counterIndex(counter);
  }

  public static int stripeOffset(int stripe) {
    return STRIPES_OFFSET + stripe * STRIPE_LENGTH;
  }

  /** Which stripe a key belongs to. */
  public static int stripeOf(Digest256 key) {
    return (int) key.word(1) & (KEY_STRIPES - 1);
  }
}
