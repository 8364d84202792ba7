package io.warmstart;

import io.warmstart.format.Manifest;
import io.warmstart.index.CachedEntry;
import io.warmstart.index.Counter;
import io.warmstart.index.Counters;
import io.warmstart.index.HitTally;
import io.warmstart.index.IndexQuery;
import io.warmstart.payload.PayloadLease;
import java.lang.ref.Cleaner;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import net.openhft.chronicle.bytes.BytesStore;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A lease on one version of an entry: its facts, and its payload off the heap, without a copy.
 *
 * <p>The payload stays readable until {@link #close}, even when the entry is overwritten or evicted
 * meanwhile. After that every accessor throws IllegalStateException, and the buffer that {@link
 * #payload} returned has length 0. A lease that is forgotten is reclaimed with the object, and
 * counted.
 *
 * <p><b>Threads:</b> any number may read a lease; none may read while another closes or refills it.
 */
public final class Entry implements AutoCloseable {
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

  /** The buffer that callers get: whoever still has it keeps the entry, and so the lease. */
  private static final class View extends UnsafeBuffer {
    @SuppressWarnings({"unused", "FieldCanBeLocal", "UnusedVariable"})
    private final Entry entry;

    // Its bounds are written at each hit: see CacheLinePadding.
    @SuppressWarnings({"unused", "UnusedVariable"})
    private long after0, after1, after2, after3, after4, after5, after6;

    private View(Entry entry) {
      super(0, 0);
      this.entry = entry;
    }
  }

  private final PayloadLease lease = new PayloadLease();
  private final Forgotten forgotten = new Forgotten(lease);
  private final IndexQuery query = new IndexQuery(lease);
  private final UnsafeBuffer view = new View(this);
  private boolean reused;

  /** Who is told when the object is forgotten; null while it holds nothing, unless it is reused. */
  private Cleaner.@Nullable Cleanable registration;

  private @Nullable BytesStore<?, ?> bytes;

  /**
   * An entry that holds nothing yet, for {@link WarmStartStore#lookup(Fingerprint, Ranking,
   * Entry)}.
   */
  public Entry() {}

  IndexQuery query() {
    return query;
  }

  PayloadLease lease() {
    return lease;
  }

  /** Makes it ready for a lookup, of which there may be many. */
  void reuse() {
    if (!reused) {
      reused = true;
      lease.keep();
    }
    close();
  }

  /** Shows what the lease holds, and counts the hit. */
  void show(CachedEntry found, Counters counters) {
    if (registration == null) {
      register();
    }
    forgotten.hit(counters, reused);
    if (found.fitsBuffer()) {
      found.wrap(view);
    }
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
   * The payload, in place. Do not write to it.
   *
   * @throws IllegalStateException after close, or if the payload is too large for a buffer (2 GiB
   *     less 8 bytes); then use {@link #bytes}
   */
  public DirectBuffer payload() {
    CachedEntry payload = held();
    if (!payload.fitsBuffer()) {
      throw new IllegalStateException(
          "payload is too large for a buffer, use bytes(): actual=" + payload.length());
    }
    return view;
  }

  /** The payload's length in bytes. */
  public long payloadLength() {
    return held().length();
  }

  /**
   * The payload as Chronicle bytes, of any size, in place. Do not write to it or release it, and
   * keep the entry for as long as you read.
   */
  public synchronized BytesStore<?, ?> bytes() {
    CachedEntry payload = held();
    BytesStore<?, ?> current = bytes;
    if (current == null) {
      current = payload.memory().view();
      bytes = current;
    }
    return current;
  }

  /** The objective, if the entry has one. */
  public OptionalDouble objective() {
    return manifest().objective();
  }

  /** The iteration, if the entry has one: unsigned. */
  public OptionalLong iteration() {
    return manifest().iteration();
  }

  /** Checkpoint or final result. */
  public EntryKind kind() {
    return manifest().finalResult() ? EntryKind.FINAL : EntryKind.CHECKPOINT;
  }

  /** The run that saved it. */
  public String runId() {
    return held().candidate().runId();
  }

  /** When it was saved: whole seconds since 1970, unsigned. */
  public long writtenUnixSecs() {
    return manifest().written().unixSecs();
  }

  /** When it was saved: the nanoseconds within the second. */
  public int writtenNanos() {
    return manifest().written().nanos();
  }

  private Manifest manifest() {
    return held().candidate().manifest();
  }

  private CachedEntry held() {
    CachedEntry held = (CachedEntry) lease.held();
    if (held == null) {
      throw new IllegalStateException("the entry is closed");
    }
    return held;
  }

  /** Ends the lease. Later calls do nothing. */
  @Override
  public void close() {
    if (lease.held() != null) {
      // Before the memory goes: whoever kept a view runs into its bounds, not into freed memory.
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
