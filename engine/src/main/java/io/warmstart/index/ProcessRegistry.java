package io.warmstart.index;

import io.warmstart.format.Owner;
import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Who is alive on a root, proven by the kernel.
 *
 * <p>Each process holds its row's byte of the {@link LockFile} for as long as it lives. Pids prove
 * nothing: they recycle, a zombie has one, and in containers every process is pid 1.
 *
 * <p>A daemon thread attaches, looks a few times a second whether the names still lead to the files
 * that this process holds, and attaches anew if not. It alone opens and closes the lock file, where
 * nobody interrupts it. Whoever has a question or wants a stripe asks the kernel himself.
 *
 * <p>Safe for all threads.
 */
public final class ProcessRegistry implements AutoCloseable {
  private static final long HEARTBEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long ATTACH_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long ATTACH_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
  private static final int MOST_ATTACH_ATTEMPTS = 1000;

  /** What is known of the owner of a staged file. */
  public enum Liveness {
    ALIVE,
    DEAD,
    /** It shares no locks with us: it ran before a reboot, or runs on another machine. */
    OUT_OF_REACH
  }

  private final Path directory;
  private final EpochNanoClock clock;
  private final long ownerBoot;
  private final LockFile locks;
  private final CoordinationFile file;
  private final Thread thread;
  private final CompletableFuture<Boolean> started = new CompletableFuture<>();
  private volatile @Nullable Coordination current;
  private volatile boolean closed;
  private volatile boolean leavesTraces;

  /** Whether the owner of this row before us has died; told once. */
  private volatile boolean predecessorDied;

  // Only the registry's thread uses these.
  private int row = -1;
  private @Nullable FileLock rowLock;
  private long epoch;

  private ProcessRegistry(SharedPlace place, FileOps ops, EpochNanoClock clock, long boot) {
    this.directory = place.directory();
    this.clock = clock;
    this.ownerBoot = place.ownerBoot(boot);
    this.locks = new LockFile(place, ops);
    this.file = new CoordinationFile(directory, ops, boot, ownerBoot);
    this.thread = new Thread(this::run, "warmstart-locks");
    this.thread.setDaemon(true);
  }

  /**
   * Attaches this process to a root.
   *
   * @param place where the root's lock file lies
   * @throws IOException if the lock file or the coordination file cannot be made or mapped
   */
  public static ProcessRegistry start(
      SharedPlace place, FileOps ops, EpochNanoClock clock, long boot) throws IOException {
    ProcessRegistry registry = new ProcessRegistry(place, ops, clock, boot);
    registry.thread.start();
    try {
      registry.started.join();
      return registry;
    } catch (CompletionException e) {
      throw rethrow(e.getCause());
    }
  }

  /** The mapping, or null while there is none to be had: then files and locks alone must do. */
  public @Nullable Coordination current() {
    Coordination coordination = current;
    return coordination == null || coordination.lost() ? null : coordination;
  }

  /** Whether the owner of a staged file may still come back to it. */
  public Liveness liveness(Owner owner) {
    if (owner.boot() != ownerBoot) {
      return Liveness.OUT_OF_REACH;
    }
    Coordination coordination = current();
    if (coordination == null || owner.equals(coordination.owner())) {
      return Liveness.ALIVE;
    }
    long rowEpoch = coordination.epochOf(owner.slot());
    if (rowEpoch == -1) {
      return Liveness.ALIVE;
    }
    // A later owner needed the row's byte to raise the epoch: the one before it was gone.
    return rowEpoch != owner.epoch() || isUnowned(owner.slot(), coordination)
        ? Liveness.DEAD
        : Liveness.ALIVE;
  }

  /** How many processes hold a row, this one included. */
  public int liveProcesses() {
    Coordination coordination = current();
    if (coordination == null) {
      return 0;
    }
    int live = 0;
    for (int each = 0; each < CoordinationLayout.PROCESS_ROWS; each++) {
      if (coordination.epochOf(each) > 0 && !isUnowned(each, coordination)) {
        live++;
      }
    }
    return live;
  }

  /**
   * Has this process count as one that has died once it is gone, since it could not clear away what
   * it has left.
   */
  public void leaveTraces() {
    leavesTraces = true;
  }

  /** Whether a process has died since this was last asked, here or by a sibling. */
  public boolean noticeDeaths() {
    Coordination coordination = current();
    boolean died = predecessorDied;
    predecessorDied = false;
    for (int each = 0; coordination != null && each < coordination.rowsUsed(); each++) {
      if (coordination.isOccupied(each) && isUnowned(each, coordination)) {
        coordination.left(each);
        died = true;
      }
    }
    return died;
  }

  private boolean isUnowned(int otherRow, Coordination coordination) {
    try {
      return otherRow != coordination.row() && locks.isFree(otherRow);
    } catch (IOException e) {
      // Unproven, then.
      return false;
    }
  }

  /**
   * Takes the kernel's lock on a stripe's byte. The caller holds the stripe's lock of this JVM.
   *
   * @return null if another process holds it
   * @throws IOException if the lock file is not open now, or the kernel has no locks to give
   */
  @Nullable FileLock tryLockStripe(int stripe) throws IOException {
    return locks.tryLock(LockFile.stripeByte(stripe));
  }

  /** Releases what {@link #tryLockStripe} has granted. */
  void release(FileLock lock) {
    locks.release(lock);
  }

  /** Gives the row up: the kernel sees the process as gone from this root. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      attachInsistently();
      started.complete(true);
      while (!closed) {
        LockSupport.parkNanos(HEARTBEAT_NANOS);
        if (!closed) {
          heartbeat();
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      started.completeExceptionally(e);
    } finally {
      Coordination coordination = current();
      // A death that nobody here has acted on is passed on to the next process, as our own.
      if (coordination != null && !leavesTraces && !predecessorDied) {
        coordination.left(coordination.row());
      }
      current = null;
      locks.close();
    }
  }

  /** Attaches anew when the files that we hold are no longer the ones that the names lead to. */
  private void heartbeat() {
    try {
      locks.releaseOverdue();
      if (!attached()) {
        attach();
      }
    } catch (IOException | RuntimeException e) {
      // Not attached is a state that callers see and live with; the next heartbeat tries again.
      current = null;
    }
  }

  private boolean attached() {
    Coordination coordination = current();
    return coordination != null
        && locks.isCurrent()
        && file.isCurrent(coordination)
        && coordination.stillClaimed();
  }

  /** Attaches although somebody may be deleting the engine's files at this moment. */
  private void attachInsistently() throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        attach();
        return;
      } catch (NoSuchFileException e) {
        if (attempt == MOST_ATTACH_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void attach() throws IOException {
    current = null;
    if (locks.open()) {
      // Whatever row was held, it was held in another file.
      row = -1;
    }
    FileLock attaching = lockAttachByte();
    try {
      Coordination coordination = file.open(this::otherRowsAreHeld);
      FileLock held = rowLock;
      if (held == null || !held.isValid()) {
        claimRow(coordination);
      }
      // Milliseconds as a floor: nobody gets the epoch of an owner from before somebody has deleted
      // the whole directory. Epochs are only ever compared for equality.
      long millis = TimeUnit.NANOSECONDS.toMillis(clock.nanoTime()) & 0x7fff_ffffL;
      boolean leftInOrder =
          coordination.claim(
              row, Math.max(epoch + 1, millis), ProcessHandle.current().pid(), clock.nanoTime());
      epoch = coordination.owner().epoch();
      if (!leftInOrder) {
        predecessorDied = true;
      }
      current = coordination;
    } finally {
      locks.release(attaching);
    }
  }

  private FileLock lockAttachByte() throws IOException {
    long deadline = System.nanoTime() + ATTACH_TIMEOUT_NANOS;
    while (true) {
      FileLock lock = locks.tryLock(LockFile.ATTACH_BYTE);
      if (lock != null) {
        return lock;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "another process has been attaching for over "
                + TimeUnit.NANOSECONDS.toSeconds(ATTACH_TIMEOUT_NANOS)
                + " s: lock on byte "
                + LockFile.ATTACH_BYTE
                + " of "
                + locks.path());
      }
      LockSupport.parkNanos(ATTACH_PARK_NANOS);
    }
  }

  /**
   * Takes a free row; one whose owner has died only if there is no other. Until somebody has
   * noticed that death, the row is what tells of it.
   */
  private void claimRow(Coordination coordination) throws IOException {
    for (boolean ofTheDead : new boolean[] {false, true}) {
      for (int each = 0; each < CoordinationLayout.PROCESS_ROWS; each++) {
        FileLock lock =
            coordination.isOccupied(each) == ofTheDead
                ? locks.tryLock(LockFile.rowByte(each))
                : null;
        if (lock != null) {
          // Held until the channel closes: the lock is the proof that this process lives.
          rowLock = lock;
          row = each;
          return;
        }
      }
    }
    throw new IOException(
        "all " + CoordinationLayout.PROCESS_ROWS + " process rows are held: " + directory);
  }

  private boolean otherRowsAreHeld() throws IOException {
    for (int each = 0; each < CoordinationLayout.PROCESS_ROWS; each++) {
      if (each != row && !locks.isFree(each)) {
        return true;
      }
    }
    return false;
  }

  private static IOException rethrow(@Nullable Throwable cause) {
    if (cause instanceof RuntimeException e) {
      throw e;
    }
    if (cause instanceof Error e) {
      throw e;
    }
    return cause instanceof IOException e ? e : new IOException(cause);
  }
}
