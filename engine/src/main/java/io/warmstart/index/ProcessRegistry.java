package io.warmstart.index;

import io.warmstart.format.Owner;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Who is alive on a root, proven by the kernel.
 *
 * <p>Each process holds a lock on one byte of {@code .warmstart/locks} for as long as it lives:
 * byte {@code 1 + row} for the row of the process table that it has claimed. The kernel drops the
 * lock when the process dies, however it dies, and keeps it while the process is stopped. Pids
 * prove neither: they recycle, a zombie has one, and in containers every process is pid 1.
 *
 * <p>The kernel also drops <em>all</em> locks of a process on a file when the process closes
 * <em>any</em> descriptor of it, and Java closes a channel when a thread inside an operation on it
 * is interrupted. So one daemon thread opens the file, once, and runs every operation on it; others
 * hand it tasks. Byte 0 serialises attaching.
 *
 * <p>Safe for all threads.
 */
public final class ProcessRegistry implements AutoCloseable {
  static final String COORDINATION_NAME = "coordination";
  private static final String COORDINATION_STAGED_PREFIX = "coordination.new-";

  private static final long HEARTBEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long ATTACH_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long TASK_TIMEOUT_MILLIS = 10_000;

  private static final int MOST_ATTACH_ATTEMPTS = 1000;

  /** What is known of the owner of a staged file. */
  public enum Liveness {
    ALIVE,
    DEAD,
    /** It ran under another boot of the kernel: before a reboot, or on another machine. */
    ANOTHER_BOOT
  }

  private final Path directory;
  private final FileOps ops;
  private final EpochNanoClock clock;
  private final long boot;
  private final BlockingQueue<FutureTask<?>> tasks = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile @Nullable Coordination current;
  private volatile boolean closed;

  // Only the registry's thread uses these.
  private final LockFile locks;
  private int row = -1;
  private long epoch;

  private ProcessRegistry(Path directory, FileOps ops, EpochNanoClock clock, long boot) {
    this.directory = directory;
    this.ops = ops;
    this.clock = clock;
    this.boot = boot;
    this.locks = new LockFile(directory, ops);
    this.thread = new Thread(this::run, "warmstart-locks");
    this.thread.setDaemon(true);
  }

  /**
   * Attaches this process to a root.
   *
   * @param directory the root's {@code .warmstart}, which exists
   * @throws IOException if the lock file or the coordination file cannot be made or mapped
   */
  public static ProcessRegistry start(Path directory, FileOps ops, EpochNanoClock clock, long boot)
      throws IOException {
    ProcessRegistry registry = new ProcessRegistry(directory, ops, clock, boot);
    registry.thread.start();
    try {
      registry.onThread(
          () -> {
            registry.attachInsistently();
            return 0;
          });
    } catch (IOException | RuntimeException | Error e) {
      registry.close();
      throw e;
    }
    return registry;
  }

  /** The mapping, or null while there is none to be had: then files alone must do. */
  public @Nullable Coordination current() {
    Coordination coordination = current;
    return coordination == null || coordination.lost() ? null : coordination;
  }

  /** Whether the owner of a staged file may still come back to it. */
  public Liveness liveness(Owner owner) {
    if (owner.boot() != boot) {
      return Liveness.ANOTHER_BOOT;
    }
    Coordination coordination = current();
    if (coordination == null) {
      return Liveness.ALIVE;
    }
    if (owner.equals(coordination.owner())) {
      return Liveness.ALIVE;
    }
    long rowEpoch = coordination.epochOf(owner.slot());
    if (rowEpoch == -1) {
      return Liveness.ALIVE;
    }
    if (rowEpoch != owner.epoch()) {
      return Liveness.DEAD;
    }
    return whileUnowned(owner.slot(), () -> {}) ? Liveness.DEAD : Liveness.ALIVE;
  }

  /** How many processes hold a row, this one included. */
  public int liveProcesses() {
    try {
      return onThread(
          () -> {
            int live = 0;
            for (int each = 0; each < CoordinationLayout.PROCESS_ROWS; each++) {
              Coordination coordination = current();
              if (each == row) {
                live++;
              } else if (coordination != null && coordination.epochOf(each) > 0) {
                FileLock lock = locks.tryLock(1 + each);
                if (lock == null) {
                  live++;
                } else {
                  lock.release();
                }
              }
            }
            return live;
          });
    } catch (IOException e) {
      return 0;
    }
  }

  /**
   * Runs an action while holding a row's byte, which proves that its owner is dead for as long as
   * the action runs and keeps a second breaker out.
   *
   * @return false, without running it, if the owner lives or its death cannot be proven now
   */
  boolean whileUnowned(int otherRow, Runnable action) {
    try {
      return onThread(
          () -> {
            if (otherRow == row || otherRow < 0 || otherRow >= CoordinationLayout.PROCESS_ROWS) {
              return false;
            }
            FileLock lock = locks.tryLock(1 + otherRow);
            if (lock == null) {
              return false;
            }
            try {
              action.run();
            } finally {
              lock.release();
            }
            return true;
          });
    } catch (IOException e) {
      return false;
    }
  }

  /** Gives the row up: the kernel sees the process as gone from this root. */
  @Override
  public void close() {
    closed = true;
    tasks.add(new FutureTask<>(() -> 0));
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
      long beatAt = System.nanoTime();
      while (!closed) {
        FutureTask<?> task = nextTask();
        if (task != null) {
          task.run();
        }
        // By the clock, and not only when there is nothing else to do: who asks all the time for
        // the living must not keep this process from noticing that it has been cut off from them.
        if (System.nanoTime() - beatAt >= HEARTBEAT_NANOS) {
          heartbeat();
          beatAt = System.nanoTime();
        }
      }
    } finally {
      current = null;
      locks.close();
      for (FutureTask<?> task = tasks.poll(); task != null; task = tasks.poll()) {
        task.cancel(false);
      }
    }
  }

  private @Nullable FutureTask<?> nextTask() {
    try {
      return tasks.poll(HEARTBEAT_NANOS, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      // Nobody has a reason to interrupt this thread; the interrupt must not reach the channel.
      return null;
    }
  }

  /** Attaches anew when the files that we hold are no longer the ones that the names lead to. */
  private void heartbeat() {
    try {
      if (!attached()) {
        attach();
      }
    } catch (IOException | RuntimeException | InternalError e) {
      // InternalError: the file was truncated while we were attaching to it.
      // Not attached is a state that callers see and live with; the next heartbeat tries again.
      current = null;
    }
  }

  private boolean attached() {
    Coordination coordination = current();
    if (coordination == null || !locks.isCurrent()) {
      return false;
    }
    try {
      FileFacts mapped = ops.stat(directory.resolve(COORDINATION_NAME));
      return mapped.sameFileAs(coordination.identity())
          && mapped.size() == CoordinationLayout.FILE_LENGTH;
    } catch (IOException e) {
      return false;
    }
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
    FileLock setup = lockSetupByte();
    try {
      Coordination coordination = openCoordination();
      if (row < 0) {
        row = claimRow();
      }
      // Milliseconds as a floor: nobody gets the epoch of an owner from before somebody has deleted
      // the whole directory. Epochs are only ever compared for equality.
      long millis = TimeUnit.NANOSECONDS.toMillis(clock.nanoTime()) & 0x7fff_ffffL;
      coordination.claim(
          row, Math.max(epoch + 1, millis), ProcessHandle.current().pid(), clock.nanoTime());
      epoch = coordination.owner().epoch();
      current = coordination;
    } finally {
      setup.release();
    }
  }

  private FileLock lockSetupByte() throws IOException {
    long deadline = System.nanoTime() + ATTACH_TIMEOUT_NANOS;
    while (true) {
      FileLock lock = locks.tryLock(0);
      if (lock != null) {
        return lock;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "another process has been attaching for over "
                + TimeUnit.NANOSECONDS.toSeconds(ATTACH_TIMEOUT_NANOS)
                + " s: lock on byte 0 of "
                + locks.path());
      }
      LockSupport.parkNanos(200_000);
    }
  }

  private int claimRow() throws IOException {
    for (int each = 0; each < CoordinationLayout.PROCESS_ROWS; each++) {
      // Held until the channel closes: the lock is the proof that this process lives.
      if (locks.tryLock(1 + each) != null) {
        return each;
      }
    }
    throw new IOException(
        "all " + CoordinationLayout.PROCESS_ROWS + " process rows are held: " + directory);
  }

  private Coordination openCoordination() throws IOException {
    Path path = directory.resolve(COORDINATION_NAME);
    try {
      FileFacts facts = ops.stat(path);
      if (facts.regular() && facts.size() == CoordinationLayout.FILE_LENGTH) {
        Coordination existing = map(path);
        switch (existing.judge()) {
          case USABLE -> {
            return existing;
          }
          case OTHER_LAYOUT -> refuseIfInUse(path);
          case STALE, DAMAGED -> {}
        }
      }
    } catch (NoSuchFileException e) {
      // The first process on this root, or somebody has cleaned up.
    }
    return createCoordination(path);
  }

  private void refuseIfInUse(Path path) throws IOException {
    for (int each = 0; each < CoordinationLayout.PROCESS_ROWS; each++) {
      if (each != row) {
        FileLock lock = locks.tryLock(1 + each);
        if (lock == null) {
          throw new IOException(
              "a process of another warmstart version is using this root: expected layout version="
                  + CoordinationLayout.VERSION
                  + " file="
                  + path);
        }
        lock.release();
      }
    }
  }

  /** Maps the file, which must be the same before and after: see {@link LockFile}. */
  private Coordination map(Path path) throws IOException {
    for (int attempt = 1; ; attempt++) {
      FileFacts before = ops.stat(path);
      try (FileOps.FileHandle file = ops.openForWriting(path)) {
        Coordination mapped = over(file, path);
        if (mapped.identity().sameFileAs(before)) {
          return mapped;
        }
      }
      if (attempt == MOST_ATTACH_ATTEMPTS) {
        throw new IOException("the file is replaced again and again: file=" + path);
      }
    }
  }

  private Coordination over(FileOps.FileHandle file, Path path) throws IOException {
    LongSupplier fileLength = lengthOf(path);
    return new Coordination(
        file.mapShared(CoordinationLayout.FILE_LENGTH), fileLength, file.facts(), boot);
  }

  /**
   * Asks for the length of the file that a name leads to now, for as long as it is asked. Not
   * through a channel, which an interrupt of the asking thread would close; freed, like the
   * mapping, by the garbage collector.
   */
  private static LongSupplier lengthOf(Path path) throws IOException {
    RandomAccessFile open = new RandomAccessFile(path.toFile(), "r");
    return () -> {
      try {
        return open.length();
      } catch (IOException e) {
        return -1;
      }
    };
  }

  /**
   * Zeros are written, not left as a hole: a hole on a full disk kills the JVM that touches it.
   *
   * <p>Under a name of its own: while somebody keeps deleting the engine's files, two processes may
   * each hold byte 0 of another lock file and be here at once, and one that took the other's file
   * for its own by a shared name would believe itself attached to it for good.
   */
  private Coordination createCoordination(Path path) throws IOException {
    removeStaged();
    Path staged =
        directory.resolve(
            COORDINATION_STAGED_PREFIX + ProcessHandle.current().pid() + "-" + System.nanoTime());
    try (FileOps.FileHandle file = ops.createExclusive(staged)) {
      file.write(ByteBuffer.allocate(CoordinationLayout.FILE_LENGTH));
      Coordination made = over(file, staged);
      made.initialise();
      ops.rename(staged, path);
      return made;
    }
  }

  /** What processes have left that died while they made the file. */
  private void removeStaged() throws IOException {
    for (String name : ops.list(directory)) {
      if (name.startsWith(COORDINATION_STAGED_PREFIX)) {
        try {
          ops.unlink(directory.resolve(name));
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
          // Gone since the listing; or no file of ours, and in nobody's way.
        }
      }
    }
  }

  private <T> T onThread(Callable<T> work) throws IOException {
    if (Thread.currentThread() == thread) {
      throw new IllegalStateException("a task of the registry's thread must not wait for another");
    }
    FutureTask<T> task = new FutureTask<>(work);
    tasks.add(task);
    if (closed && !thread.isAlive()) {
      throw new IOException("closed: " + directory);
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get(TASK_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          throw new IOException("the lock thread does not answer: " + directory, e);
        } catch (CancellationException e) {
          throw new IOException("closed: " + directory, e);
        } catch (ExecutionException e) {
          throw rethrow(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static IOException rethrow(@Nullable Throwable cause) {
    if (cause instanceof IOException e) {
      return e;
    }
    if (cause instanceof RuntimeException e) {
      throw e;
    }
    if (cause instanceof Error e) {
      throw e;
    }
    return new IOException(cause);
  }
}
