package io.warmstart.payload;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The leases of a process, and the payloads that wait for the last lease on them to end.
 *
 * <p>A lease is one word that names the payload it holds; there is no count. A thread that takes
 * one stores the word first and looks at {@code retired} after; a thread that retires a payload
 * sets that first and reads all words after. Both are sequentially consistent, so one of the two
 * sees the other: a payload that no word names after its retirement is named by none ever after,
 * and is freed. So a hit writes to no memory that another thread writes to, or reads.
 *
 * <p>A lease that ends just as its payload is retired may be seen by neither side; the payload then
 * waits for the next look. One is made when a payload is retired, when a lease on a retired one
 * ends, and by {@link PayloadCache#add}.
 *
 * <p>The idea is Michael's: <em>Hazard Pointers: Safe Memory Reclamation for Lock-Free
 * Objects</em>, IEEE Transactions on Parallel and Distributed Systems 15 (2004).
 *
 * <p>Safe for all threads. Its monitor is a leaf: memory is freed outside it.
 */
public final class Leases {
  /** So many leases are read for each payload that is freed, at most, in the long run. */
  private static final int LEASES_PER_WAITING = 16;

  private final List<PayloadLease> leases = new ArrayList<>();
  private final Retirements retirements = new Retirements();
  private List<CachedPayload> waiting = new ArrayList<>();
  private volatile boolean anyWaiting;

  Leases() {}

  /** What those who remember where a payload lies go by. */
  public Retirements retirements() {
    return retirements;
  }

  /** Whether a payload waits for a lease to end. */
  boolean anyWaiting() {
    return anyWaiting;
  }

  /** From here on the lease may take payloads. */
  synchronized void add(PayloadLease lease) {
    lease.place = leases.size();
    leases.add(lease);
  }

  /** The lease has ended, and takes nothing before it is added again. */
  synchronized void remove(PayloadLease lease) {
    PayloadLease last = leases.remove(leases.size() - 1);
    if (last != lease) {
      leases.set(lease.place, last);
      last.place = lease.place;
    }
  }

  /** Frees a payload that was marked as retired, once no lease names it. */
  void retire(CachedPayload payload) {
    synchronized (this) {
      waiting.add(payload);
      anyWaiting = true;
      if (waiting.size() * LEASES_PER_WAITING < leases.size()) {
        return;
      }
    }
    reclaim();
  }

  /** Frees what no lease names any more. */
  void reclaim() {
    List<CachedPayload> free = new ArrayList<>();
    synchronized (this) {
      if (waiting.isEmpty()) {
        return;
      }
      Set<CachedPayload> held = Collections.newSetFromMap(new IdentityHashMap<>());
      for (PayloadLease lease : leases) {
        CachedPayload payload = lease.held();
        if (payload != null) {
          held.add(payload);
        }
      }
      List<CachedPayload> stillHeld = new ArrayList<>();
      for (CachedPayload payload : waiting) {
        (held.contains(payload) ? stillHeld : free).add(payload);
      }
      waiting = stillHeld;
      anyWaiting = !stillHeld.isEmpty();
    }
    free.forEach(CachedPayload::free);
  }

  /** How many payloads wait. */
  synchronized int waiting() {
    return waiting.size();
  }

  /** How many leases are read for each look. */
  synchronized int size() {
    return leases.size();
  }
}
