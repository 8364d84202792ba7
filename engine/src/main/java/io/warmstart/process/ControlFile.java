package io.warmstart.process;

import static io.warmstart.mapped.ControlLayout.BIAS_IN_USE_OFFSET;
import static io.warmstart.mapped.ControlLayout.BIAS_OFFSET;
import static io.warmstart.mapped.ControlLayout.BOOT_OFFSET;
import static io.warmstart.mapped.ControlLayout.CHECK_OFFSET;
import static io.warmstart.mapped.ControlLayout.EPOCH_OFFSET;
import static io.warmstart.mapped.ControlLayout.FILE_LENGTH;
import static io.warmstart.mapped.ControlLayout.INTENT_OFFSET;
import static io.warmstart.mapped.ControlLayout.MAGIC;
import static io.warmstart.mapped.ControlLayout.MAGIC_OFFSET;
import static io.warmstart.mapped.ControlLayout.PID_OFFSET;
import static io.warmstart.mapped.ControlLayout.PROCESS_ROWS;
import static io.warmstart.mapped.ControlLayout.PROCESS_ROW_LENGTH;
import static io.warmstart.mapped.ControlLayout.REMOVALS_OFFSET;
import static io.warmstart.mapped.ControlLayout.ROWS_USED_OFFSET;
import static io.warmstart.mapped.ControlLayout.STARTED_OFFSET;
import static io.warmstart.mapped.ControlLayout.STATE_OFFSET;
import static io.warmstart.mapped.ControlLayout.VERSION;
import static io.warmstart.mapped.ControlLayout.VERSION_OFFSET;
import static io.warmstart.mapped.ControlLayout.rowOffset;
import static io.warmstart.mapped.ControlLayout.stripeOffset;

import io.warmstart.format.Owner;
import io.warmstart.io.FileFacts;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.mapped.FaultTolerantWords;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import java.nio.MappedByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The mapped file that the processes on one root share: {@link ControlLayout} as operations.
 *
 * <p>What it says are hints, but for the biases of {@link Stripe}, which are checked. The locks
 * themselves lie in the lock file; a file that is lost, zeroed or scribbled over costs a sweep, a
 * repair or a wait for nothing, and {@link ProcessTable} attaches again. Safe for all threads; see
 * {@link FaultTolerantWords} for what a lost mapping answers.
 */
public final class ControlFile {
  /** What stands in the state of a stripe's intent. */
  static final int NO_INTENT = 0;

  static final int AT_WORK = 1;
  static final int LEFT_UNREPAIRED = 2;

  private final FaultTolerantWords words;
  private final FileFacts identity;
  private final long boot;
  private final long ownerBoot;
  private int row = -1;
  private long epoch;

  /**
   * Stands over a mapping of the whole file, whose header is written.
   *
   * @param place tells what stands for the boot in the names of staged files
   */
  ControlFile(MappedByteBuffer mapped, FileFacts identity, Placement place) {
    if (mapped.capacity() != FILE_LENGTH) {
      throw new IllegalArgumentException(
          "coordination mapping: expected=" + FILE_LENGTH + " actual=" + mapped.capacity());
    }
    this.words = new FaultTolerantWords(mapped);
    this.identity = identity;
    this.boot = words.get(BOOT_OFFSET, 0);
    this.ownerBoot = place.ownerBoot(boot);
  }

  /** Writes the header of a new, zeroed file. */
  static void initialise(MappedByteBuffer mapped, long boot) {
    FaultTolerantWords words = new FaultTolerantWords(mapped);
    words.put(VERSION_OFFSET, versionWord());
    words.put(BOOT_OFFSET, boot);
    words.put(CHECK_OFFSET, check(versionWord(), boot));
    words.put(MAGIC_OFFSET, MAGIC);
  }

  /** How an existing file relates to this process. */
  enum Verdict {
    USABLE,
    /**
     * Made under another boot id: before the last reboot, or by a process in a container that has a
     * boot id of its own. Which of the two it is, the kernel's locks tell.
     */
    OTHER_BOOT,
    /** Of another layout: a process of another build may be using it. */
    OTHER_LAYOUT,
    DAMAGED
  }

  /** Whether it is still whole, and what it was when it was mapped. */
  public boolean isWhole() {
    return judge(boot) == Verdict.USABLE;
  }

  Verdict judge(long expectedBoot) {
    long version = words.get(VERSION_OFFSET, 0);
    long writtenBoot = words.get(BOOT_OFFSET, 0);
    if (words.get(MAGIC_OFFSET, 0) != MAGIC
        || words.get(CHECK_OFFSET, 0) != check(version, writtenBoot)
        || lost()) {
      return Verdict.DAMAGED;
    }
    if (version != versionWord()) {
      return Verdict.OTHER_LAYOUT;
    }
    return writtenBoot == expectedBoot ? Verdict.USABLE : Verdict.OTHER_BOOT;
  }

  /** What tells this build's layouts of coordination and index from those of others. */
  static String versionText() {
    return VERSION + "-" + Integer.toHexString((int) (versionWord() >>> 32));
  }

  private static long versionWord() {
    return versionWord(IndexLayout.layout());
  }

  /**
   * Version and layout hash stand side by side: together they are the one long that is read. The
   * index's layout is in it: two builds that differ in that would replace each other's for ever.
   */
  public static long versionWord(long indexLayout) {
    int hash = 31 * ControlLayout.layoutHash() + Long.hashCode(indexLayout);
    return VERSION | (long) hash << 32;
  }

  /** Tells a header that another build has written from one that somebody has scribbled over. */
  public static long check(long version, long boot) {
    long prime = 0x100_0000_01b3L;
    return ((MAGIC ^ version) * prime ^ boot) * prime;
  }

  /**
   * Takes a row whose byte in the lock file this process holds.
   *
   * @return whether the owner before has left in order, if there was one
   */
  public boolean claim(int claimedRow, long atLeastEpoch, long pid, long nowUnixNanos) {
    int offset = rowOffset(claimedRow);
    epoch = Math.max(words.get(offset + EPOCH_OFFSET, 0) + 1, atLeastEpoch) & 0xffff_ffffL;
    row = claimedRow;
    boolean leftInOrder = words.get(offset + PID_OFFSET, 0) == 0;
    words.put(offset + PID_OFFSET, pid);
    words.put(offset + STARTED_OFFSET, nowUnixNanos);
    words.put(offset + EPOCH_OFFSET, epoch);
    raiseRowsUsed(claimedRow);
    return leftInOrder;
  }

  /** Under the byte that serialises attaching, as the rest of a claim. */
  private void raiseRowsUsed(int usedRow) {
    if (words.get(ROWS_USED_OFFSET, 0) <= usedRow) {
      words.put(ROWS_USED_OFFSET, usedRow + 1);
    }
  }

  /**
   * Goes on with a row that this process has held before, in the same epoch, if nobody has claimed
   * it since: what it has staged stays its own. The caller holds the row's byte.
   *
   * @return whether it does; else the row is to be claimed
   */
  public boolean resume(int heldRow, long heldEpoch, long pid) {
    int offset = rowOffset(heldRow);
    if (heldEpoch == 0 || words.get(offset + EPOCH_OFFSET, 0) != heldEpoch || lost()) {
      return false;
    }
    row = heldRow;
    epoch = heldEpoch;
    // Another that found the byte free meanwhile has taken this process for dead, and the number
    // out.
    words.put(offset + PID_OFFSET, pid);
    raiseRowsUsed(heldRow);
    return true;
  }

  /** Whether the row still says that it is this process's; it does not after a scribble. */
  public boolean stillClaimed() {
    return epochOf(row) == epoch;
  }

  /** Says that the owner of a row has left in order, or that its death has been noticed. */
  void left(int anyRow) {
    words.put(rowOffset(anyRow) + PID_OFFSET, 0);
  }

  /** Whether a row had an owner that has not left in order. */
  public boolean isOccupied(int anyRow) {
    return words.get(rowOffset(anyRow) + PID_OFFSET, 0) != 0;
  }

  /** No row from here on was ever claimed. */
  int rowsUsed() {
    return (int) Math.max(0, Math.min(PROCESS_ROWS, words.get(ROWS_USED_OFFSET, 0)));
  }

  FileFacts identity() {
    return identity;
  }

  /** The boot id under which the file was made: that of all who use it, whatever their own is. */
  long boot() {
    return boot;
  }

  /** What stands for that boot in the names of staged files. */
  long ownerBoot() {
    return ownerBoot;
  }

  boolean lost() {
    return words.lost();
  }

  /** The row of the process table that this process holds. */
  public int row() {
    return row;
  }

  /** What this process writes into the names of its staged files. */
  public Owner owner() {
    return new Owner(row, ownerBoot, epoch);
  }

  /** The epoch of a row; 0 if it was never claimed, -1 if the mapping is lost. */
  long epochOf(int otherRow) {
    return otherRow < 0 || otherRow >= PROCESS_ROWS
        ? -1
        : words.get(rowOffset(otherRow) + EPOCH_OFFSET, -1);
  }

  // Stripes. Only the holder of the stripe's kernel lock writes.

  /** Says which key the holder of the stripe is about to change: before the first rename. */
  void announce(int stripe, Digest256 key) {
    int offset = stripeOffset(stripe);
    // No death leaves a key that is half this one and half another.
    words.putUnder(offset + STATE_OFFSET, NO_INTENT, AT_WORK, offset + INTENT_OFFSET, key);
  }

  /** Sets the state of a stripe's intent, and leaves its key. */
  public void intentState(int stripe, int state) {
    words.put(stripeOffset(stripe) + STATE_OFFSET, state);
  }

  /** The state of a stripe's intent; {@link #NO_INTENT} if the mapping is lost. */
  public long intentState(int stripe) {
    return words.get(stripeOffset(stripe) + STATE_OFFSET, NO_INTENT);
  }

  /** The key of a stripe's intent; null if it cannot be one. */
  @Nullable Digest256 intent(int stripe) {
    Digest256 key = words.digest(stripeOffset(stripe) + INTENT_OFFSET);
    return ControlLayout.stripeOf(key) == stripe ? key : null;
  }

  /** How many entries this machine's processes have removed under a stripe; -1 if lost. */
  long removals(int stripe) {
    return words.get(stripeOffset(stripe) + REMOVALS_OFFSET, -1);
  }

  void countRemoval(int stripe) {
    int offset = stripeOffset(stripe) + REMOVALS_OFFSET;
    words.put(offset, words.get(offset, 0) + 1);
  }

  // Biases: Stripe says who writes what.

  /** What stands in a stripe's bias; 0 if the mapping is lost. */
  long bias(int stripe) {
    return words.get(stripeOffset(stripe) + BIAS_OFFSET, 0);
  }

  void bias(int stripe, long bias) {
    words.put(stripeOffset(stripe) + BIAS_OFFSET, bias);
  }

  /** What stands in the word that says whether a bias is in use; 0 if the mapping is lost. */
  long biasInUse(int stripe) {
    return words.get(stripeOffset(stripe) + BIAS_IN_USE_OFFSET, 0);
  }

  void biasInUse(int stripe, long inUse) {
    words.put(stripeOffset(stripe) + BIAS_IN_USE_OFFSET, inUse);
  }

  // Counters.

  /** Adds to this process's own row. For one thread at a time. */
  void count(StoreCounter counter, long amount) {
    if (amount != 0 && row >= 0) {
      int offset = rowOffset(row) + ControlLayout.counterOffset(counter);
      words.put(offset, words.get(offset, 0) + amount);
    }
  }

  /** The sum over all processes that ever held a row since the file was made. */
  public long sum(StoreCounter counter) {
    return words.sum(
        rowOffset(0) + ControlLayout.counterOffset(counter), PROCESS_ROW_LENGTH, PROCESS_ROWS, 0);
  }
}
