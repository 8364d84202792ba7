package io.warmstart.process;

import io.warmstart.format.Owner;
import io.warmstart.io.FileOps;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.notice.Notices;
import io.warmstart.runtime.BackgroundThread;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Who is alive on a root, proven by the kernel.
 *
 * <p>Each process holds its row's byte of the {@link LockFile} for as long as it lives. Pids prove
 * nothing: they recycle, a zombie has one, and in containers every process is pid 1.
 *
 * <p>A daemon thread attaches, looks a few times a second whether the names still lead to the files
 * that this process holds and whether the kernel still holds its byte for it, and attaches again if
 * not: there nobody interrupts it. Where no thread can be started, the opener attaches, and
 * operations ask for the thread again. A question or a stripe needs no thread: the caller asks the
 * kernel.
 *
 * <p>Safe for all threads.
 */
public final class ProcessTable implements AutoCloseable {
  private static final long HEARTBEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Whether they are gone, costs a look at each row. */
  private static final long OTHER_LAYOUT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MOST_ATTACH_ATTEMPTS = 1000;

  /** What is known of the owner of a staged file. */
  public enum Liveness {
    ALIVE,
    DEAD,
    /** It shares no locks with us: it ran before a reboot, or runs on another machine. */
    OUT_OF_REACH
  }

  private final LockNotices notices;
  private final Counters counters;
  private final LockFile locks;
  private final Membership membership;
  private final ClaimLocks claims;
  private final BackgroundThread thread;
  private final CompletableFuture<Boolean> started = new CompletableFuture<>();
  private volatile @Nullable ControlFile current;
  private volatile boolean leavesTraces;
  private volatile Runnable afterHeartbeat = () -> {};

  /** Whether the owner of this row before us has died; told once. */
  private volatile boolean predecessorDied;

  /** The boot id of all who use the coordination file; this process's own before it is attached. */
  private volatile long boot;

  private volatile long ownerBoot;

  // Under the monitor, in which everybody attaches and detaches.
  private boolean besideOtherLayout;
  private long otherLayoutSeenAtNanos;

  private ProcessTable(
      Placement place,
      FileOps ops,
      EpochNanoClock clock,
      long boot,
      Notices notices,
      Counters counters) {
    this.notices = new LockNotices(notices, place.directory());
    this.counters = counters;
    this.boot = boot;
    this.ownerBoot = place.ownerBoot(boot);
    this.locks = new LockFile(place, ops);
    this.membership = new Membership(place, ops, clock, boot, locks);
    this.claims = new ClaimLocks(locks, this.notices);
    this.thread =
        new BackgroundThread("warmstart-locks", this::round, this.notices::heartbeatFailed);
  }

  /**
   * Attaches this process to a root, or, while processes of another layout are using it, waits in
   * the background until it can be attached.
   *
   * @param place where the root's lock file lies
   * @param boot this process's own boot id
   * @throws IOException if the lock file or the coordination file cannot be made or mapped
   */
  public static ProcessTable start(
      Placement place,
      FileOps ops,
      EpochNanoClock clock,
      long boot,
      Notices notices,
      Counters counters)
      throws IOException {
    ProcessTable processTable = new ProcessTable(place, ops, clock, boot, notices, counters);
    boolean attached = false;
    try {
      if (!processTable.thread.ensureRunning()) {
        Uninterrupted.call(processTable::attachFirst);
      }
      processTable.started.join();
      attached = true;
      return processTable;
    } catch (CompletionException e) {
      throw rethrow(e.getCause());
    } finally {
      if (!attached) {
        processTable.close();
      }
    }
  }

  /** Starts the thread if it does not run: where none could be started before, or it has ended. */
  public void ensureRunning() {
    thread.ensureRunning();
  }

  /** The mapping, or null while there is none: then files and locks alone must do. */
  public @Nullable ControlFile current() {
    ControlFile controlFile = current;
    return controlFile == null || controlFile.lost() ? null : controlFile;
  }

  /** The boot id of all who use the coordination file, under which it was made. */
  public long boot() {
    return boot;
  }

  /** Whether the owner of a staged file may still come back to it. */
  public Liveness liveness(Owner owner) {
    if (owner.boot() != ownerBoot) {
      return Liveness.OUT_OF_REACH;
    }
    ControlFile controlFile = current();
    if (controlFile == null || owner.equals(controlFile.owner())) {
      return Liveness.ALIVE;
    }
    long rowEpoch = controlFile.epochOf(owner.slot());
    if (rowEpoch == -1) {
      return Liveness.ALIVE;
    }
    // A later owner needed the row's byte to raise the epoch: the one before it was gone.
    return rowEpoch != owner.epoch() || isUnowned(owner.slot(), controlFile)
        ? Liveness.DEAD
        : Liveness.ALIVE;
  }

  /** How many processes hold a row, this one included. */
  public int liveProcesses() {
    ControlFile controlFile = current();
    if (controlFile == null) {
      return 0;
    }
    int live = 0;
    for (int each = 0; each < ControlLayout.PROCESS_ROWS; each++) {
      if (controlFile.epochOf(each) > 0 && !isUnowned(each, controlFile)) {
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
    ControlFile controlFile = current();
    boolean died = predecessorDied;
    predecessorDied = false;
    for (int each = 0; controlFile != null && each < controlFile.rowsUsed(); each++) {
      if (controlFile.isOccupied(each) && isUnowned(each, controlFile)) {
        controlFile.left(each);
        died = true;
      }
    }
    return died;
  }

  private boolean isUnowned(int otherRow, ControlFile controlFile) {
    try {
      return otherRow != controlFile.row() && locks.isFree(otherRow);
    } catch (IOException e) {
      // Unproven, then.
      return false;
    }
  }

  /** What the kernel's locks are taken on: by any thread. */
  LockFile lockFile() {
    return locks;
  }

  /** Whether the name leads to a coordination file still, and that is whole. */
  boolean leadsTo(ControlFile controlFile) {
    return membership.leadsTo(controlFile);
  }

  /** Has something done after each heartbeat, by its thread. */
  void afterHeartbeats(Runnable action) {
    afterHeartbeat = action;
  }

  /**
   * Claims a key for this process.
   *
   * @return null if it is claimed, by another process or in this one
   * @throws IOException if there is no lock file now, or the kernel has no locks to give
   */
  synchronized ClaimLocks.@Nullable Held tryClaim(Digest256 key) throws IOException {
    return claims.tryTake(key);
  }

  /** Tells those who share these locks from all others, on any machine. */
  String lockSharers() throws IOException {
    String file = locks.identity();
    if (file == null) {
      throw new IOException("the lock file is not open: " + locks.path());
    }
    return HexFormat.of().toHexDigits(boot) + " " + file;
  }

  /** Gives a claim back. */
  synchronized void release(ClaimLocks.Held claim) {
    claims.release(claim);
  }

  /** Which process has claimed a key; empty if none has, or the kernel does not say. */
  synchronized OptionalLong claimer(Digest256 key) {
    String file = locks.identity();
    return file == null
        ? OptionalLong.empty()
        : OpenDescriptors.holder(file, LockFile.claimByte(key));
  }

  /** A lock was waited for in vain. */
  void tellInVain() {
    notices.inVain();
  }

  /** Gives the row up: the kernel sees the process as gone from this root. */
  @Override
  public void close() {
    thread.close();
    detach();
  }

  private synchronized void detach() {
    try {
      ControlFile controlFile = current();
      // A death that nobody here has acted on is passed on to the next process, as our own.
      if (controlFile != null && !leavesTraces && !predecessorDied) {
        controlFile.left(controlFile.row());
      }
    } finally {
      current = null;
      locks.close();
    }
  }

  private void round() {
    if (!started.isDone()) {
      try {
        attachFirst();
      } catch (IOException | RuntimeException | Error e) {
        started.completeExceptionally(e);
      }
      return;
    }
    BackgroundThread.pause(HEARTBEAT_NANOS);
    if (!thread.closed()) {
      heartbeat();
      afterHeartbeat.run();
      notices.heartbeatWent();
    }
  }

  /** Attaches again when what this process holds is not, or no longer, what all others go by. */
  private synchronized void heartbeat() {
    try {
      locks.releaseOverdue();
      if (membership.hasLostLocks()) {
        counters.count(StoreCounter.LOCKS_LOST);
        notices.dropped();
        // The stripes too that are held at this moment: their holders are told, and those who use
        // the index have its totals counted again.
        locks.close();
      }
      if (!isAttached() && !waitsForOtherLayout()) {
        attach(Membership.AGAIN_PATIENCE_NANOS);
      }
      claims.keep();
    } catch (IOException | RuntimeException e) {
      // Not attached is a state that callers see and live with; the next heartbeat tries again.
      current = null;
      notices.unattached(e);
    }
  }

  /**
   * Closes the lock file if its name no longer leads to it, for somebody in this JVM who is about
   * to open it by another name. A heartbeat would do it too, a quarter of a second later, and
   * attaches again when the name is back.
   */
  public synchronized void closeIfReplaced() {
    if (!locks.isCurrent()) {
      current = null;
      locks.close();
    }
  }

  private boolean isAttached() {
    ControlFile controlFile = current();
    return controlFile != null && membership.isCurrent(controlFile);
  }

  private boolean waitsForOtherLayout() {
    return besideOtherLayout
        && locks.isCurrent()
        && System.nanoTime() - otherLayoutSeenAtNanos < OTHER_LAYOUT_NANOS;
  }

  /** Attaches although somebody may be deleting the engine's files at this moment. */
  private synchronized boolean attachFirst() throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        attach(Membership.FIRST_PATIENCE_NANOS);
        return started.complete(true);
      } catch (NoSuchFileException e) {
        if (attempt == MOST_ATTACH_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void attach(long patienceNanos) throws IOException {
    current = null;
    try {
      ControlFile controlFile = membership.attach(patienceNanos);
      if (membership.tookRowOfDead()) {
        predecessorDied = true;
      }
      boot = controlFile.boot();
      ownerBoot = controlFile.ownerBoot();
      current = controlFile;
      if (besideOtherLayout) {
        notices.otherLayoutGone();
      }
      besideOtherLayout = false;
    } catch (OtherLayoutException e) {
      if (!besideOtherLayout) {
        notices.besideOtherLayout(e);
      }
      besideOtherLayout = true;
      otherLayoutSeenAtNanos = System.nanoTime();
    }
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
