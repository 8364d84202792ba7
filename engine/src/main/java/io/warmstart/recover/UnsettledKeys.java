package io.warmstart.recover;

import io.warmstart.model.Digest256;
import io.warmstart.pair.ChangeAges;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Keys at which a lookup has passed over what it could not judge: half of a pair, or one that
 * somebody may still be writing. The housekeeper recovers them once that is old enough, so a
 * process that only reads does not read the same half from the files for good.
 *
 * <p>Bounded; a key for which there is no room waits for the next sweep. Safe for all threads.
 */
public final class UnsettledKeys {
  private static final int MOST = 256;

  /** A little longer than a file must be unchanged for: it may have changed just before. */
  private static final long WAIT_NANOS = ChangeAges.SETTLED_NANOS + TimeUnit.SECONDS.toNanos(1);

  /** When each was noted first, monotonic nanoseconds. Under the monitor. */
  private final Map<Digest256, Long> notedAt = new LinkedHashMap<>();

  public synchronized void note(Digest256 key, long nowNanos) {
    if (notedAt.size() < MOST) {
      notedAt.putIfAbsent(key, nowNanos);
    }
  }

  /** Takes the keys out that have waited long enough. */
  public synchronized List<Digest256> due(long nowNanos) {
    if (notedAt.isEmpty()) {
      return List.of();
    }
    List<Digest256> due = new ArrayList<>();
    for (Iterator<Map.Entry<Digest256, Long>> each = notedAt.entrySet().iterator();
        each.hasNext(); ) {
      Map.Entry<Digest256, Long> noted = each.next();
      if (nowNanos - noted.getValue() < WAIT_NANOS) {
        // The others were noted later.
        break;
      }
      due.add(noted.getKey());
      each.remove();
    }
    return due;
  }
}
