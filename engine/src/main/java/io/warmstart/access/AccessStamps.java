package io.warmstart.access;

import io.warmstart.format.Manifest;
import io.warmstart.format.Run;
import io.warmstart.format.Stamp;
import io.warmstart.model.Digest256;
import io.warmstart.policy.Limits;
import io.warmstart.ranking.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The hits of this process that its manifests do not tell yet. A hit only notes its moment here;
 * the housekeeper carries it to disk, or beside other machines into the index.
 *
 * <p>Bounded: beyond the bound a touch is dropped, which costs the entry a place in the eviction
 * order. Safe for all threads.
 */
public final class AccessStamps {
  private static final int MOST = 1 << 17;

  /**
   * A noted hit.
   *
   * @param seen the version that was hit
   * @param stamp when, the last time
   * @param notedAtNanos unix nanoseconds of the first hit that is not on disk
   */
  public record Touch(Manifest seen, Stamp stamp, long notedAtNanos) {}

  private final Map<Run, Touch> touches = new ConcurrentHashMap<>();

  /** Notes a hit. */
  public void note(Digest256 key, Candidate hit, long nowUnixNanos) {
    Run run = new Run(key, hit.runId());
    Touch before = touches.get(run);
    Stamp now = Stamp.ofUnixNanos(nowUnixNanos);
    if (before != null && before.seen().written().compareTo(hit.manifest().written()) > 0) {
      // A late word of a version that was replaced since.
      return;
    }
    if (before != null && sameVersion(before.seen(), hit.manifest())) {
      if (!movesByTick(before.stamp(), nowUnixNanos)) {
        return;
      }
      touches.put(run, new Touch(hit.manifest(), now, before.notedAtNanos()));
    } else if (!hit.manifest().accessed()
        || movesByTick(hit.manifest().accessedAt(), nowUnixNanos)) {
      if (before != null || touches.size() < MOST) {
        touches.put(run, new Touch(hit.manifest(), now, nowUnixNanos));
      }
    }
  }

  /** What was noted for a version and is not on disk yet; null if nothing. */
  @Nullable Stamp noted(Digest256 key, Candidate candidate) {
    Touch touch = touches.get(new Run(key, candidate.runId()));
    return touch != null && sameVersion(touch.seen(), candidate.manifest()) ? touch.stamp() : null;
  }

  /** The manifest with what was noted for it: what expiry and the eviction order go by. */
  Manifest withNoted(Digest256 key, Candidate candidate) {
    Stamp stamp = noted(key, candidate);
    return stamp == null ? candidate.manifest() : candidate.manifest().withAccess(stamp);
  }

  /**
   * The touches that have waited for so long; all if it is 0. Each is a rewrite and a sync, and has
   * every process read the key's directory again: so one tells of many hits.
   */
  public List<Map.Entry<Run, Touch>> due(long delayNanos, long nowUnixNanos) {
    List<Map.Entry<Run, Touch>> due = new ArrayList<>();
    for (Map.Entry<Run, Touch> each : touches.entrySet()) {
      long waited = nowUnixNanos - each.getValue().notedAtNanos();
      // A clock that was set back makes it negative.
      if (waited >= delayNanos || waited < 0) {
        due.add(Map.entry(each.getKey(), each.getValue()));
      }
    }
    return due;
  }

  /** A touch has reached the disk, or the index where no manifest is to tell of it. */
  public void persisted(Run run, Touch touch) {
    touches.computeIfPresent(
        run,
        (same, current) -> {
          if (current.equals(touch)) {
            return null;
          }
          return sameVersion(current.seen(), touch.seen())
              ? new Touch(current.seen(), current.stamp(), current.stamp().toUnixNanosSaturated())
              : current;
        });
  }

  /** The version is gone; its touch has nowhere to go. */
  public void drop(Run run, Touch touch) {
    touches.remove(run, touch);
  }

  public static boolean sameVersion(Manifest one, Manifest other) {
    return one.written().equals(other.written()) && one.checksum().equals(other.checksum());
  }

  private static boolean movesByTick(Stamp stamp, long nowUnixNanos) {
    long moved = nowUnixNanos - stamp.toUnixNanosSaturated();
    return moved >= Limits.ACCESS_TICK_NANOS || moved <= -Limits.ACCESS_TICK_NANOS;
  }
}
