package io.warmstart.index;

import io.warmstart.payload.PayloadLease;

/** What a question to the index is answered into: made once, used for many. For one thread. */
public final class IndexQuery {
  final SlotCursor at = new SlotCursor();
  final IndexedWinner winner = new IndexedWinner();
  private final PayloadLease lease;

  /**
   * Makes a query.
   *
   * @param lease what a hit takes its entry with
   */
  public IndexQuery(PayloadLease lease) {
    this.lease = lease;
  }

  /** The lease that a hit has taken: on a {@link HotEntry}. */
  public PayloadLease lease() {
    return lease;
  }
}
