package io.warmstart.lookup;

import io.warmstart.index.HotEntry;
import io.warmstart.index.IndexQuery;
import io.warmstart.model.StoreCounter;
import io.warmstart.payload.PayloadLease;
import io.warmstart.payload.PayloadStream;
import io.warmstart.policy.Pins;
import io.warmstart.process.Counters;
import io.warmstart.process.HitTally;
import java.io.InputStream;
import java.lang.ref.Cleaner;
import java.util.Objects;
import java.util.function.Consumer;
import net.openhft.chronicle.bytes.BytesStore;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A lease on one version of an entry, filled by a lookup and ended by its holder. One that is
 * forgotten is reclaimed with the object, and counted.
 *
 * <p>It serves many lookups: one after the other of one holder, or, out of a {@link LeasePool}, of
 * a holder each.
 *
 * <p>Any number of threads may read it; none may read while another ends or refills it.
 */
public final class EntryLease {
  /** What outlives the object: the lease to end, and who wants to know. */
  private static final class Forgotten implements Runnable {
    private final PayloadLease lease;
    private volatile @Nullable Counters counters;
    private @Nullable HitTally tally;
    private boolean again;

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
          told.count(StoreCounter.FORGOTTEN_LEASES);
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

    private void hit(Counters of) {
      Counters before = counters;
      if (before != of) {
        if (before != null) {
          foldTally(before);
        }
        counters = of;
      }
      if (!again) {
        // Most leases that are lent serve once: a tally of their own costs more than it saves.
        again = true;
        of.count(StoreCounter.HITS);
        return;
      }
      HitTally open = tally;
      if (open == null) {
        open = of.openTally();
        tally = open;
      }
      open.increment();
    }
  }

  /** One that lives long. */
  private static final class View extends ShownPayload {
    // Its bounds are written at each hit: see CacheLinePadding.
    @SuppressWarnings({"unused", "UnusedVariable"})
    private long after0, after1, after2, after3, after4, after5, after6;

    private View(EntryLease lease) {
      super(lease);
    }
  }

  private static final EntryLease NONE = new EntryLease(null);

  private final PayloadLease lease = new PayloadLease();
  private final Forgotten forgotten = new Forgotten(lease);
  private final @Nullable Consumer<EntryLease> lender;
  private final IndexQuery query;
  private ShownPayload view;

  /** Who is told when the object is forgotten; null while nobody can be. */
  private Cleaner.@Nullable Cleanable registration;

  private @Nullable BytesStore<?, ?> bytes;

  /** Of the store that has filled it; a hit of the same store does not write it again. */
  private @Nullable Pins pins;

  /** A lease for one holder, who uses it again and again. */
  public EntryLease() {
    this(null);
  }

  /**
   * Makes a lease.
   *
   * @param lender gets it back when it has served a holder; null if it stays with its only one
   */
  EntryLease(@Nullable Consumer<EntryLease> lender) {
    this.lender = lender;
    view = lender == null && DirectBuffer.SHOULD_BOUNDS_CHECK ? new View(this) : shownPayload();
    query = new IndexQuery(lease, view);
  }

  /** A buffer that shows nothing yet. */
  private ShownPayload shownPayload() {
    return DirectBuffer.SHOULD_BOUNDS_CHECK
        ? new ShownPayload(this)
        : new GuardedPayload(this, lease);
  }

  /** What holds nothing and never will. */
  public static EntryLease none() {
    return NONE;
  }

  /** Whether each holder gives it back. */
  public boolean isLent() {
    return lender != null;
  }

  IndexQuery query() {
    return query;
  }

  PayloadLease lease() {
    return lease;
  }

  /** Makes it ready for a lookup by a store that has these pins. */
  public void reuse(Pins of) {
    if (pins != of) {
      pins = of;
    }
    if (registration == null) {
      // Before anything can go wrong: who is not watched would stay in the list for ever.
      register();
    }
    end();
  }

  /** The pins of the store that has filled it. */
  public Pins pins() {
    return Objects.requireNonNull(pins);
  }

  /** Ends the lease and leaves it to the next lookup. Called once by each holder. */
  public void giveBack() {
    end();
    Consumer<EntryLease> to = lender;
    if (to != null) {
      // One that its holder keeps shows nothing, and tells nothing of the next holder.
      view.letGo();
      view = shownPayload();
      query.showIn(view);
      to.accept(this);
    }
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
    forgotten.hit(counters);
  }

  /** Has it watched for being forgotten, if that can be. */
  void register() {
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
    ShownPayload shown = view;
    // The next holder may hold the same entry, and has another view.
    return new PayloadStream(
        streamed.memory(), () -> lease.held() == streamed && shown.isKeptBy(this));
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
      bytes = null;
      try {
        if (kept != null) {
          kept.releaseLast();
        }
      } finally {
        lease.end();
      }
    }
  }

  /** Ends it for good. */
  void discard() {
    end();
    Cleaner.Cleanable registered = registration;
    if (registered == null) {
      forgotten.run();
    } else {
      // Now: the collector would take far longer over it.
      registered.clean();
    }
  }
}
