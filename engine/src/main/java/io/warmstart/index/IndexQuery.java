package io.warmstart.index;

import io.warmstart.index.table.SlotCursor;
import io.warmstart.payload.PayloadLease;
import io.warmstart.payload.PayloadMemory;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** What a question to the index is answered into: made once, used for many. For one thread. */
public final class IndexQuery {
  private final PayloadLease lease;
  private UnsafeBuffer view;

  // Made when the table is first asked, which most queries of one lookup never do.
  private @Nullable SlotCursor at;
  private @Nullable IndexedWinner winner;

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

  /** Has another view show what is found from here on. */
  public void showIn(UnsafeBuffer other) {
    view = other;
  }

  SlotCursor at() {
    SlotCursor made = at;
    if (made == null) {
      made = new SlotCursor();
      at = made;
    }
    return made;
  }

  IndexedWinner winner() {
    IndexedWinner made = winner;
    if (made == null) {
      made = new IndexedWinner();
      winner = made;
    }
    return made;
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
