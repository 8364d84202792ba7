package io.warmstart.lookup;

import io.warmstart.index.HotEntry;
import io.warmstart.index.IndexQuery;
import io.warmstart.payload.PayloadLease;
import io.warmstart.payload.PayloadStream;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import io.warmstart.process.HitTally;
import java.io.InputStream;
import java.lang.ref.Cleaner;
import net.openhft.chronicle.bytes.BytesStore;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A lease on one version of an entry, filled by a lookup and ended by its holder. One that is
 * forgotten is reclaimed with the object, and counted.
 *
 * <p>Any number of threads may read it; none may read while another ends or refills it.
 */
public final class EntryLease {
  /** What outlives the object: the lease to end, and who wants to know. */
  private static final class Forgotten implements Runnable {
    private final PayloadLease lease;
    private volatile @Nullable Counters counters;
    private @Nullable HitTally tally;

    private Forgotten(PayloadLease lease) {
      this.lease = lease;
    }

    /** The object is unreachable; if it still holds a lease, nobody has closed it. */
    @Override
    public void run() {
      boolean forgotten = lease.discard();
      Counters told = counters;
      if (told != null) {
        if (forgotten) {
          told.count(Counter.FORGOTTEN_LEASES);
        }
        foldTally(told);
      }
    }

    private void foldTally(Counters opener) {
      HitTally open = tally;
      if (open != null) {
        tally = null;
        opener.fold(open);
      }
    }

    private void hit(Counters of, boolean often) {
      Counters before = counters;
      if (before != of) {
        if (before != null) {
          foldTally(before);
        }
        counters = of;
      }
      HitTally open = tally;
      if (open != null) {
        open.increment();
      } else if (often) {
        open = of.openTally();
        open.increment();
        tally = open;
      } else {
        of.count(Counter.HITS);
      }
    }
  }

  /**
   * The buffer that callers get: a caller that still has it keeps the lease from being reclaimed.
   */
  private static final class View extends UnsafeBuffer {
    @SuppressWarnings({"unused", "FieldCanBeLocal", "UnusedVariable"})
    private final EntryLease lease;

    // Its bounds are written at each hit: see CacheLinePadding.
    @SuppressWarnings({"unused", "UnusedVariable"})
    private long after0, after1, after2, after3, after4, after5, after6;

    private View(EntryLease lease) {
      super(0, 0);
      this.lease = lease;
    }
  }

  private final PayloadLease lease = new PayloadLease();
  private final Forgotten forgotten = new Forgotten(lease);
  private final UnsafeBuffer view = new View(this);
  private final IndexQuery query = new IndexQuery(lease, view);
  private boolean reused;

  /** Who is told when the object is forgotten; null while it holds nothing, unless it is reused. */
  private Cleaner.@Nullable Cleanable registration;

  private @Nullable BytesStore<?, ?> bytes;

  IndexQuery query() {
    return query;
  }

  PayloadLease lease() {
    return lease;
  }

  /** Makes it ready for a lookup, of which there may be many. */
  public void reuse() {
    if (!reused) {
      reused = true;
      lease.keep();
    }
    end();
  }

  /** Shows what the lease holds, and counts the hit. */
  void show(HotEntry found, Counters counters) {
    query.show(found.address(), found.length());
    count(counters);
  }

  /** Counts a hit whose payload is shown. */
  void count(Counters counters) {
    if (registration == null) {
      register();
    }
    forgotten.hit(counters, reused);
  }

  private void register() {
    boolean done = false;
    try {
      registration = ForgottenLeases.watch(this, forgotten);
      done = true;
    } finally {
      if (!done) {
        // Out of memory: nobody gets this entry, so nobody would ever end its lease.
        lease.end();
      }
    }
  }

  /**
   * The view of what is held; of length 0 once it is ended.
   *
   * @throws IllegalStateException if nothing is held, or no buffer can show it
   */
  public UnsafeBuffer view() {
    // An entry is asked only where there is nothing to see: a hit reads no more than its payload.
    if (view.capacity() == 0 && !held().fitsBuffer()) {
      throw new IllegalStateException(
          "payload is too large for a buffer, use bytes(): actual=" + held().length());
    }
    return view;
  }

  /**
   * Bytes of what is held.
   *
   * @throws IllegalStateException if nothing is
   */
  public long length() {
    // By the view: with many keys the entry lies in no cache, and who reads the payload would wait
    // for it first.
    int shown = view.capacity();
    return shown > 0 ? shown : held().length();
  }

  /** What is held, as Chronicle bytes. */
  public synchronized BytesStore<?, ?> bytes() {
    HotEntry payload = held();
    BytesStore<?, ?> current = bytes;
    if (current == null) {
      current = payload.memory().view();
      bytes = current;
    }
    return current;
  }

  /** What is held, as a stream from its beginning. */
  public InputStream stream() {
    HotEntry streamed = held();
    return new PayloadStream(streamed.memory(), () -> lease.held() == streamed);
  }

  /**
   * What is held.
   *
   * @throws IllegalStateException if that is nothing
   */
  public HotEntry held() {
    HotEntry held = (HotEntry) lease.held();
    if (held == null) {
      throw new IllegalStateException("the entry is closed");
    }
    return held;
  }

  /** Ends the lease. Later calls do nothing. */
  public void end() {
    if (lease.holds()) {
      // Before the memory goes: a caller that kept a view runs into its bounds, not into freed
      // memory.
      view.wrap(0, 0);
      BytesStore<?, ?> kept = bytes;
      if (kept != null) {
        bytes = null;
        kept.releaseLast();
      }
      lease.end();
      Cleaner.Cleanable registered = registration;
      if (!reused && registered != null) {
        // Now, for a few nanoseconds: the collector would take far longer over each.
        registration = null;
        registered.clean();
      }
    }
  }
}
