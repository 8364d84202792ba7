package io.warmstart.index;

import io.warmstart.payload.PayloadLease;
import org.jspecify.annotations.Nullable;

/** What a question to the index is answered into: made once, used for many. For one thread. */
public final class IndexQuery {
  final SlotCursor at = new SlotCursor();
  final IndexedWinner winner = new IndexedWinner();
  private final PayloadLease lease;
  @Nullable CachedEntry entry;
  @Nullable IndexAttachment attached;
  int ranking;

  /**
   * Makes a query.
   *
   * @param lease what a hit takes its payload with
   */
  public IndexQuery(PayloadLease lease) {
    this.lease = lease;
  }

  /** Forgets the last answer, and with it the mapping that it came from. */
  public void clear() {
    entry = null;
    attached = null;
    at.clear();
  }

  /** The lease that a hit has taken. */
  public PayloadLease lease() {
    return lease;
  }

  /** After a hit: the entry. */
  public @Nullable CachedEntry entry() {
    return entry;
  }

  /** After a hit: unix nanoseconds of the entry's last write or access, of any process. */
  public long lastUse() {
    return winner.lastUse();
  }
}
