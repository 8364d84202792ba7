package io.warmstart.lookup;

import static org.junit.jupiter.api.Assertions.assertNull;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.payload.Leases;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadLease;
import io.warmstart.policy.Pins;
import io.warmstart.testing.Await;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A lease that its holder forgets leaves the list of all leases. */
@Timeout(60)
class EntryLeaseTest {
  private final Leases leases = new PayloadCache(1 << 20).leases();

  /** A lookup names what it is about to take, and finds that it is on its way out. */
  private WeakReference<PayloadLease> missedAndForgotten() {
    EntryLease lease = new EntryLease();
    lease.reuse(new Pins(new NioFileOps(), Path.of("."), RacyWindow.SAME_CLOCK));
    lease.lease().name(new Object(), leases);
    lease.end();
    assertNull(lease.lease().held());
    return new WeakReference<>(lease.lease());
  }

  /** Only what had once been hit was watched. */
  @Test
  void oneThatOnlyMissedLeavesTheList() {
    WeakReference<PayloadLease> forgotten = missedAndForgotten();
    Await.until(
        "it is reclaimed",
        () -> {
          System.gc();
          return forgotten.get() == null;
        });
  }
}
