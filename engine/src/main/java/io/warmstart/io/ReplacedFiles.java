package io.warmstart.io;

import io.warmstart.runtime.DaemonThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The files that overwrites replace, held open a moment longer than they have a name.
 *
 * <p>A file system frees a file when its last name and its last descriptor are gone. If that is so
 * at the rename of a save, then on ext4 without a journal, mounted with {@code discard}, the rename
 * waits until the device has discarded the file's blocks; elsewhere no gain was seen ({@code
 * docs/adr/0007}). So a save opens both files right before its renames, and hands the descriptors
 * over when it has synced; they are closed a little later, several at once, by a thread of this
 * class.
 *
 * <p>Names come and go as they would without, and a process that dies closes what it has open, so
 * nothing on disk tells of this and no recovery knows it. It is a matter of time alone: where a
 * file cannot be opened, or too many wait already, it is freed by the rename, as ever.
 *
 * <p>What waits takes up space and descriptors: both are bounded, and {@link #closeAll} ends it for
 * a thread that is short of either. A file is held only where a descriptor is free: for this none
 * is taken from others. Safe for all threads.
 */
public final class ReplacedFiles implements AutoCloseable {
  private static final long IDLE_THREAD_SECONDS = 10;

  private final FileOps ops;
  private final IntSupplier mostFiles;
  private final long mostBytes;
  private final long delayNanos;
  private final ThreadPoolExecutor thread;

  /** Held while files are closed: a thread that needs their space waits until it is free. */
  private final Object closing = new Object();

  private final List<Held> waiting = new ArrayList<>();
  private int waitingFiles;
  private long waitingBytes;
  private long freed;
  private long freedAndTold;
  private boolean scheduled;
  private boolean closed;

  /**
   * Makes the replaced files of one root.
   *
   * @param mostFiles how many may wait to be closed; 0: none is ever held
   * @param mostBytes how many bytes they may have together
   * @param delayNanos how long the first of them waits for others
   */
  public ReplacedFiles(FileOps ops, IntSupplier mostFiles, long mostBytes, long delayNanos) {
    this.ops = ops;
    this.mostFiles = mostFiles;
    this.mostBytes = mostBytes;
    this.delayNanos = delayNanos;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_THREAD_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            DaemonThreads.named("warmstart-late-close"));
    thread.allowCoreThreadTimeOut(true);
  }

  /**
   * A file that a save is about to replace.
   *
   * @param facts what it was found to be a moment ago; null if it is not there
   */
  public record Replaced(Path path, @Nullable FileFacts facts) {}

  /** What one save replaces. Its close hands the descriptors over. */
  public final class Held implements AutoCloseable {
    private final List<FileOps.FileHandle> files = new ArrayList<>(2);
    private long bytes;

    private Held() {}

    /** Opens what the save is about to replace, if there is room for all of it to wait. */
    public void open(Replaced... all) {
      if (hasRoom(all.length, 0)) {
        for (Replaced each : all) {
          open(each);
        }
      }
    }

    private void open(Replaced file) {
      FileFacts facts = file.facts();
      // To open a pipe is to wait for a writer.
      if (facts == null || !facts.regular() || facts.size() > mostBytes) {
        return;
      }
      try {
        files.add(ops.openForReading(file.path()));
        bytes += facts.size();
      } catch (IOException e) {
        // Gone since, not ours to read, or no descriptors left.
      }
    }

    private void closeFiles() {
      for (FileOps.FileHandle file : files) {
        try {
          file.close();
        } catch (IOException e) {
          // Nothing was written through it, so there is nothing to lose.
        }
      }
    }

    @Override
    public void close() {
      if (!files.isEmpty() && !handOver(this)) {
        closeFiles();
      }
    }
  }

  /** Begins a save, which has replaced nothing yet. */
  public Held hold() {
    return new Held();
  }

  private synchronized boolean hasRoom(int files, long bytes) {
    return !closed
        && waitingFiles + files <= mostFiles.getAsInt()
        && waitingBytes + bytes <= mostBytes;
  }

  private synchronized boolean handOver(Held held) {
    if (!hasRoom(held.files.size(), held.bytes)) {
      return false;
    }
    if (!scheduled) {
      try {
        thread.execute(this::closeLater);
      } catch (RejectedExecutionException | OutOfMemoryError e) {
        // There is no thread. The save is done, and must not fail for this.
        return false;
      }
      scheduled = true;
    }
    try {
      waiting.add(held);
    } catch (OutOfMemoryError e) {
      // Nor for this.
      return false;
    }
    waitingFiles += held.files.size();
    waitingBytes += held.bytes;
    return true;
  }

  private void closeLater() {
    LockSupport.parkNanos(delayNanos);
    synchronized (this) {
      scheduled = false;
    }
    closeAll();
  }

  /** Closes all that wait, and returns when they and those that went before them are closed. */
  public void closeAll() {
    synchronized (closing) {
      List<Held> taken;
      synchronized (this) {
        taken = new ArrayList<>(waiting);
        waiting.clear();
        waitingFiles = 0;
        waitingBytes = 0;
      }
      taken.forEach(Held::closeFiles);
      synchronized (this) {
        taken.forEach(held -> freed += held.files.size());
      }
    }
  }

  /**
   * {@link #closeAll}, for {@link IdleDescriptors}.
   *
   * @return how many were closed since it was last asked, also by the thread of this class: it may
   *     have closed them after the caller had found no descriptor
   */
  public long closeIdle() {
    closeAll();
    synchronized (this) {
      long since = freed - freedAndTold;
      freedAndTold = freed;
      return since;
    }
  }

  /** How many files were closed so far: a thread that was short of something may try again. */
  public synchronized long freed() {
    return freed;
  }

  /** How many files wait. */
  synchronized int waiting() {
    return waitingFiles;
  }

  /** Closes all that wait; later ones are not held. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    thread.shutdown();
    closeAll();
  }
}
