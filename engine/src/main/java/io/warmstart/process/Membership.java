package io.warmstart.process;

import io.warmstart.io.FileOps;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The row of this process in the process table of a root: how it is taken, kept and taken again.
 *
 * <p>Whatever becomes of the files, a process tries to go on with the row and the epoch that it
 * had: the names of what it has staged tell both.
 *
 * <p>For one thread at a time.
 */
public final class Membership {
  /** Without anybody coming or going meanwhile. A process that attaches again goes on by files. */
  static final long AGAIN_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** The same for a process that opens the root, and has nothing to go on by. */
  static final long FIRST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final long LEAST_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  /** Hundreds that wait must leave the processor to the one that does not. */
  private static final long MOST_PARK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Path directory;
  private final EpochNanoClock clock;
  private final LockFile locks;
  private final ControlFileOpener file;
  private final LockProof proof = new LockProof();
  private int row = -1;
  private @Nullable FileLock rowLock;
  private long epoch;
  private boolean tookRowOfDead;

  public Membership(Placement place, FileOps ops, EpochNanoClock clock, long boot, LockFile locks) {
    this.directory = place.directory();
    this.clock = clock;
    this.locks = locks;
    this.file = new ControlFileOpener(place, ops, boot);
  }

  /** Whether the names still lead to the files that are held, and the row is this process's. */
  public boolean isCurrent(ControlFile controlFile) {
    return locks.isCurrent() && file.isCurrent(controlFile) && controlFile.stillClaimed();
  }

  /** Whether the name still leads to a coordination file, and that is whole. For any thread. */
  boolean leadsTo(ControlFile controlFile) {
    return file.isCurrent(controlFile);
  }

  /** Whether the kernel has dropped this process's locks although the lock file is open. */
  public boolean hasLostLocks() {
    return holdsRow() && proof.isLost();
  }

  /** Whether the owner of the row before has died; told once. */
  public boolean tookRowOfDead() {
    boolean told = tookRowOfDead;
    tookRowOfDead = false;
    return told;
  }

  /**
   * Opens the lock file, takes a row of it, and maps the coordination file.
   *
   * @param patienceNanos how long to wait while none of the others that attach comes to its end:
   *     hundreds may, each for as long as a JVM takes to load what it needs
   * @throws OtherLayoutException if processes of another build are at work: the lock file is open
   *     then, and no row is held
   */
  public ControlFile attach(long patienceNanos) throws IOException {
    locks.open();
    FileLock attaching = lockAttachByte(patienceNanos);
    try {
      ControlFile controlFile = Uninterrupted.call(() -> file.open(this::otherRowsAreHeld));
      if (!holdsRow()) {
        claimRow(controlFile);
      }
      if (!controlFile.resume(row, epoch, ProcessHandle.current().pid())) {
        claim(controlFile);
      }
      return controlFile;
    } catch (OtherLayoutException e) {
      // Somebody else of this layout is to find out when those of the other are gone.
      giveUpRow();
      throw e;
    } finally {
      locks.release(attaching);
    }
  }

  private void claim(ControlFile controlFile) {
    // Milliseconds as a floor: nobody gets the epoch of an owner from before somebody has deleted
    // the whole directory. Epochs are only ever compared for equality.
    long millis = TimeUnit.NANOSECONDS.toMillis(clock.nanoTime()) & 0x7fff_ffffL;
    boolean leftInOrder =
        controlFile.claim(
            row, Math.max(epoch + 1, millis), ProcessHandle.current().pid(), clock.nanoTime());
    epoch = controlFile.owner().epoch();
    if (!leftInOrder) {
      tookRowOfDead = true;
    }
  }

  private FileLock lockAttachByte(long patienceNanos) throws IOException {
    long deadline = System.nanoTime() + patienceNanos;
    BitSet held = new BitSet();
    long park = LEAST_PARK_NANOS;
    while (true) {
      FileLock lock = locks.tryLock(LockFile.ATTACH_BYTE);
      if (lock != null) {
        return lock;
      }
      if (System.nanoTime() - deadline > 0) {
        BitSet before = held;
        held = heldRows();
        if (!held.equals(before)) {
          deadline = System.nanoTime() + patienceNanos;
          continue;
        }
        throw new IOException(
            "another process has been attaching for over "
                + TimeUnit.NANOSECONDS.toSeconds(patienceNanos)
                + " s: lock on byte "
                + LockFile.ATTACH_BYTE
                + " of "
                + locks.path());
      }
      LockSupport.parkNanos(park);
      park = Math.min(MOST_PARK_NANOS, 2 * park);
    }
  }

  private boolean holdsRow() {
    FileLock held = rowLock;
    // No longer once the lock file was closed.
    return held != null && held.isValid();
  }

  /**
   * Takes the row that this process had before, or else one that is free; one whose owner has died
   * only if there is no other. Until somebody has noticed that death, the row is what tells of it.
   */
  private void claimRow(ControlFile controlFile) throws IOException {
    if (row >= 0 && tryRow(row)) {
      return;
    }
    for (boolean ofTheDead : new boolean[] {false, true}) {
      for (int each = 0; each < ControlLayout.PROCESS_ROWS; each++) {
        if (controlFile.isOccupied(each) == ofTheDead && tryRow(each)) {
          return;
        }
      }
    }
    throw new IOException(
        "all " + ControlLayout.PROCESS_ROWS + " process rows are held: " + directory);
  }

  private boolean tryRow(int wanted) throws IOException {
    FileLock lock = locks.tryLock(LockFile.rowByte(wanted));
    if (lock == null) {
      return false;
    }
    // Held until the channel closes: the lock is the proof that this process lives.
    rowLock = lock;
    row = wanted;
    proof.find(locks, LockFile.rowByte(wanted));
    return true;
  }

  private void giveUpRow() {
    FileLock held = rowLock;
    rowLock = null;
    if (held != null) {
      locks.release(held);
    }
  }

  private BitSet heldRows() throws IOException {
    BitSet held = new BitSet(ControlLayout.PROCESS_ROWS);
    for (int each = 0; each < ControlLayout.PROCESS_ROWS; each++) {
      held.set(each, !locks.isFree(each));
    }
    return held;
  }

  private boolean otherRowsAreHeld() throws IOException {
    int own = holdsRow() ? row : -1;
    for (int each = 0; each < ControlLayout.PROCESS_ROWS; each++) {
      if (each != own && !locks.isFree(each)) {
        return true;
      }
    }
    return false;
  }
}
