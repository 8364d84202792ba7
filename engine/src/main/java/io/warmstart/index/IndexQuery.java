package io.warmstart.index;

import io.warmstart.payload.PayloadLease;
import io.warmstart.payload.PayloadMemory;
import org.agrona.concurrent.UnsafeBuffer;

/** What a question to the index is answered into: made once, used for many. For one thread. */
public final class IndexQuery {
  final SlotCursor at = new SlotCursor();
  final IndexedWinner winner = new IndexedWinner();
  private final PayloadLease lease;
  private final UnsafeBuffer view;

  /**
   * Makes a query.
   *
   * @param lease what a hit takes its entry with
   * @param view what shows its payload
   */
  public IndexQuery(PayloadLease lease, UnsafeBuffer view) {
    this.lease = lease;
    this.view = view;
  }

  /** Has the view show the payload that the lease holds, if a buffer can. */
  public void show(long address, long length) {
    if (PayloadMemory.fitsBuffer(length)) {
      view.wrap(address, (int) length);
    }
  }

  /** The lease that a hit has taken: on a {@link HotEntry}. */
  public PayloadLease lease() {
    return lease;
  }
}
