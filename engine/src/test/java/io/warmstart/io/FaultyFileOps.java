package io.warmstart.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * File operations that fail from a chosen one on: that one alone, or it and all after it.
 *
 * <p>Only the operations of the caller and of the journal's thread count, unless more is said:
 * those of the engine's other threads come at moments of their own. Nothing loses power here, so
 * syncs do not reach the disk.
 */
public final class FaultyFileOps extends ObservedFileOps {
  /** What goes wrong. */
  public enum Fault {
    EIO("Input/output error"),
    ENOSPC("No space left on device"),
    EACCES("Permission denied"),
    /** Somebody removes a directory with all that is in it; then the operation runs. */
    VANISHED(""),
    /** The caller's thread is interrupted; then the operation runs. */
    INTERRUPT("");

    private final String text;

    Fault(String text) {
      this.text = text;
    }

    /** The exception as the JDK makes it for this operation. */
    IOException failing(FileOp op) {
      if (!op.kind().onName()) {
        return new IOException(text);
      }
      String other = op.target() == null ? null : op.target().toString();
      return this == EACCES
          ? new AccessDeniedException(op.path().toString(), other, null)
          : new FileSystemException(op.path().toString(), other, text);
    }
  }

  private final Thread caller = Thread.currentThread();
  private final List<String> violations = new ArrayList<>();
  private final Set<Path> lost = new HashSet<>();
  private @Nullable Fault fault;
  private boolean persistent;
  private long failAt;
  private long count;
  private Path vanishing = Path.of("");
  private Predicate<FileOp> counted = op -> true;
  private Set<String> uncounted =
      Set.of("warmstart-agent", "warmstart-late-close", "warmstart-locks");
  private @Nullable FileOp failed;

  public FaultyFileOps() {
    super(new UnsyncedFileOps());
  }

  /** With syncs that reach the disk, for faults that only real channels have. */
  public FaultyFileOps(FileOps delegate) {
    super(delegate);
  }

  /**
   * Begins to count, and to fail.
   *
   * @param vanishingDirectory what {@link Fault#VANISHED} removes
   */
  public synchronized void arm(
      Fault armedFault, boolean isPersistent, long atIndex, Path vanishingDirectory) {
    fault = armedFault;
    persistent = isPersistent;
    failAt = atIndex;
    vanishing = vanishingDirectory;
    count = 0;
    failed = null;
  }

  /** Leaves operations of other kinds alone, and uncounted. */
  public synchronized void onlyAt(Predicate<FileOp> operations) {
    counted = operations;
  }

  /** Counts the operations of the thread that attaches to a root too. */
  public synchronized void countLocksThread() {
    uncounted = Set.of("warmstart-agent", "warmstart-late-close");
  }

  /** Counts the operations of all threads of the engine too. */
  public synchronized void countAllThreads() {
    uncounted = Set.of();
  }

  /** The disk is well again. */
  public synchronized void disarm() {
    fault = null;
  }

  /** The first operation that met the fault; null if there were not so many. */
  public synchronized @Nullable FileOp failed() {
    return failed;
  }

  /** What was done with files whose sync had failed, against all rules. */
  public synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  @Override
  protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
      throws IOException {
    Fault hit = hit(op);
    if (hit == Fault.INTERRUPT) {
      caller.interrupt();
    } else if (hit == Fault.VANISHED) {
      vanish();
    } else if (hit != null) {
      part.run();
      throw hit.failing(op);
    }
    T result = whole.run();
    gone(op);
    return result;
  }

  private void vanish() throws IOException {
    for (int attempt = 0; attempt < 1000; attempt++) {
      try {
        Trees.delete(vanishing);
        return;
      } catch (DirectoryNotEmptyException e) {
        // The saver, while this is the thread that syncs for it, has made a file in it meanwhile.
      }
    }
    throw new AssertionError("does not vanish: " + vanishing);
  }

  private synchronized @Nullable Fault hit(FileOp op) {
    checkLost(op);
    if (fault == null || uncounted.contains(Thread.currentThread().getName())) {
      return null;
    }
    if (fault == Fault.VANISHED && (op.kind() == Kind.CLOSE || isLookForRoot(op))) {
      // No moment of its own: the next operation is, and after the last look nothing is promised.
      return null;
    }
    if (!counted.test(op)) {
      return null;
    }
    long index = count++;
    if (index < failAt || (index > failAt && !persistent)) {
      return null;
    }
    if (failed == null) {
      failed = op;
    }
    if (op.kind() == Kind.SYNC && fault != Fault.VANISHED && fault != Fault.INTERRUPT) {
      lost.add(op.path());
    }
    return fault;
  }

  private boolean isLookForRoot(FileOp op) {
    return op.kind() == Kind.STAT && op.path().equals(vanishing.getParent());
  }

  private void checkLost(FileOp op) {
    boolean used = op.kind() == Kind.SYNC || op.kind() == Kind.RENAME;
    if (used && lost.contains(op.path())) {
      violations.add("after its sync had failed: " + op);
    }
  }

  /** What comes under that name is another file. */
  private synchronized void gone(FileOp op) {
    if (op.kind() == Kind.UNLINK) {
      lost.remove(op.path());
    } else if (op.target() != null) {
      lost.remove(op.target());
    }
  }
}
