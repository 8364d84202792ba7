package io.warmstart.segment;

import io.warmstart.io.FileOps.SyncHandle;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;

/**
 * The syncs of a segment, which are shared: who finds none under way syncs all that has been stored
 * by then, the others wait for the next one. A sync that fails is the last one of the segment,
 * since the kernel has marked its pages clean: it is condemned, and nothing more goes into it.
 *
 * <p>What a sync covers is counted, not measured: a record that was reserved before others and
 * committed after them lies before what a sync has covered, and is not covered. Where the synced
 * part of the segment ends is measured too, for the header: no further than to the first record
 * that is still open as the sync begins.
 *
 * <p>Both are counted over all lives of the segment, so that a wait for one does not end with
 * another. Safe for all threads.
 */
public final class SegmentSyncs {
  private final SyncHandle handle;
  private final SegmentFiles files;
  private final Segment segment;

  /** Made ahead: those who wait must hear of a failure, whatever memory there is. */
  private final FailedSyncs.SyncedFile file;

  // Written under the monitor of the journal, after the commit word that they tell of.
  private volatile long stored;
  private volatile long firstOpen = JournalLayout.HEADER_LENGTH;

  private volatile boolean condemned;

  // Under its own monitor.
  private final Object syncs = new Object();
  private long synced;
  private long durable;
  private boolean syncing;

  public SegmentSyncs(SyncHandle handle, SegmentFiles files, Segment segment) {
    this.handle = handle;
    this.files = files;
    this.segment = segment;
    this.file = files.synced(segment);
  }

  /** Whether nothing more may go into the segment. */
  public boolean condemned() {
    return condemned || failed();
  }

  /** Whether a sync has failed: pages may go back to what the disk has of them. */
  public boolean failed() {
    return file.failed();
  }

  /** Nothing more goes into the segment; what waits for a sync fails. */
  public void condemn() {
    condemned = true;
    synchronized (syncs) {
      syncs.notifyAll();
    }
  }

  /**
   * A record was committed, or is none after all. Under the journal's monitor.
   *
   * @param wholeUntil where the first record begins that is still open, or the next one will
   * @return for {@link #await}
   */
  public long stored(long wholeUntil) {
    firstOpen = wholeUntil;
    return storedAgain();
  }

  /** A word of a record was stored that had been committed before. Under the journal's monitor. */
  public long storedAgain() {
    long count = stored + 1;
    stored = count;
    return count;
  }

  /**
   * Waits until what was stored is durable, and sees to that if nobody does.
   *
   * @return false if it will not be: the segment is condemned
   */
  public boolean await(long count) {
    while (Uninterrupted.await(() -> isLeftToCaller(count))) {
      syncAll();
    }
    return covers(count);
  }

  /** Whether the caller has to sync for all: it is not durable, could be, and nobody does. */
  private boolean isLeftToCaller(long count) throws InterruptedException {
    synchronized (syncs) {
      while (syncing && synced < count) {
        syncs.wait();
      }
      if (synced >= count || condemned()) {
        return false;
      }
      syncing = true;
      return true;
    }
  }

  /** Whether a sync has ended that began after that was stored. */
  public boolean covers(long count) {
    synchronized (syncs) {
      return synced >= count;
    }
  }

  /** By the one thread that has said that it does. */
  private void syncAll() {
    long count = stored;
    long until = firstOpen;
    Throwable because = null;
    boolean succeeded = false;
    try {
      handle.sync();
      succeeded = true;
      MappedFaults.raisePending();
    } catch (IOException | InternalError e) {
      succeeded = false;
      because = e;
    } finally {
      end(succeeded, count, until);
    }
    if (because != null) {
      files.tell(
          "a sync of the journal failed; its saves go into files", segment.number(), because);
    }
  }

  /** Needs no memory: others wait for it. */
  private void end(boolean succeeded, long count, long until) {
    if (!succeeded) {
      file.fail();
    }
    synchronized (syncs) {
      syncing = false;
      if (succeeded) {
        synced = count;
        durable = until;
      }
      syncs.notifyAll();
    }
  }

  /**
   * Makes the header of another life durable. What the last one has left behind it need not be: no
   * record of that one is taken for one of this.
   */
  public void syncHeader() throws IOException {
    boolean succeeded = false;
    try {
      handle.sync(segment.mapping(), JournalLayout.HEADER_LENGTH);
      succeeded = true;
    } finally {
      if (!succeeded) {
        file.fail();
      }
    }
  }

  /** Before which place everything was synced; it lags. */
  public long durable() {
    synchronized (syncs) {
      return durable;
    }
  }

  /**
   * Goes on in another life, unless a sync is under way. Under the journal's monitor.
   *
   * @param place where that one begins, and what begins it
   */
  public void begin(long place, Runnable life) {
    synchronized (syncs) {
      if (!syncing) {
        life.run();
        durable = place;
        firstOpen = place;
      }
    }
  }

  public void close() throws IOException {
    handle.close();
  }
}
