package io.warmstart.index;

import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.payload.Leases;
import io.warmstart.payload.PayloadCache;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Who wins for a key: what lookups ask of the index, and tell it of the use of what they have
 * found. Where there is no index to ask it is unknown, and the files decide.
 *
 * <p>Safe for all threads.
 */
public final class Winners {
  /** Between two notes of a key's use. */
  private static final long NOTED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final CurrentGeneration generations;
  private final PayloadCache payloads;
  private final Revalidation revalidation;

  public Winners(Index index, PayloadCache payloads) {
    this.generations = index.generations();
    this.payloads = payloads;
    this.revalidation = new Revalidation(generations, index.foreign());
  }

  /** What the index knows of a key. */
  public enum Found {
    HIT,
    MISS,
    /** Nothing that is valid now: read the files. */
    UNKNOWN
  }

  /**
   * Asks who wins for a key. Makes no system call, takes no lock and allocates nothing, unless the
   * time has come to look whether a store that knows no index has changed the key's directory.
   *
   * @param ranking 0, 1 or 2
   * @param nowUnixNanos the system's clock, to the millisecond
   * @param foreignCheckNanos how old such a look may be
   * @param watchedNanos the same where {@link Lookout} looks
   * @param query takes the answer; on a hit it holds a lease on a {@link HotEntry}
   */
  public Found find(
      Digest256 key,
      int ranking,
      long nowUnixNanos,
      long foreignCheckNanos,
      long watchedNanos,
      IndexQuery query) {
    Generation attached = generations.current();
    if (attached == null) {
      return Found.UNKNOWN;
    }
    try {
      HotEntry entry = attached.cached().find(key, ranking);
      Found found =
          entry == null
              ? Found.UNKNOWN
              : find(attached, entry, nowUnixNanos, foreignCheckNanos, watchedNanos, query);
      if (found == Found.UNKNOWN) {
        found =
            findInTable(
                attached, key, ranking, nowUnixNanos, foreignCheckNanos, watchedNanos, query);
        if (found == Found.UNKNOWN) {
          MappedFaults.raisePending();
        }
      }
      return found;
    } catch (InternalError e) {
      attached.files().lose();
      query.lease().end();
      return Found.UNKNOWN;
    }
  }

  /**
   * Asks the slot of an entry in memory whether it still wins.
   *
   * <p>The lease is taken first. Its store waits for all loads before it; slot and payload, which
   * lie in no cache where there are many keys, then load side by side.
   */
  private Found find(
      Generation attached,
      HotEntry entry,
      long nowUnixNanos,
      long foreignCheckNanos,
      long watchedNanos,
      IndexQuery query) {
    AtomicBuffer buffer = entry.buffer();
    if (buffer == null || !query.lease().take(entry)) {
      return Found.UNKNOWN;
    }
    if (attached.keys().stands(entry, buffer)
        && (Revalidation.isFresh(
                nowUnixNanos - entry.checkedAt(), foreignCheckNanos, foreignCheckNanos)
            || revalidation.isAsItWas(
                attached, entry, buffer, nowUnixNanos, foreignCheckNanos, watchedNanos))) {
      query.show(entry.address(), entry.length());
      return Found.HIT;
    }
    query.lease().end();
    return Found.UNKNOWN;
  }

  /** Asks the mapped table: for a miss, or a winner that has outlived a change. */
  private Found findInTable(
      Generation attached,
      Digest256 key,
      int ranking,
      long nowUnixNanos,
      long foreignCheckNanos,
      long watchedNanos,
      IndexQuery query) {
    KeyTable keys = attached.keys();
    SlotCursor at = query.at();
    IndexedWinner winner = query.winner();
    try {
      if (!keys.find(key, at)) {
        return Found.UNKNOWN;
      }
      // Before the winner, whose check must be the last that is read: see read.
      long checkedAt = KeyTable.checkedAt(at.buffer(), at.offset, ranking);
      if (!keys.read(at, key, ranking, winner)) {
        return Found.UNKNOWN;
      }
      if (winner.isMiss()) {
        return Revalidation.isFresh(nowUnixNanos - checkedAt, foreignCheckNanos, foreignCheckNanos)
                || revalidation.isStillMissing(query, key, ranking, nowUnixNanos, foreignCheckNanos)
            ? Found.MISS
            : Found.UNKNOWN;
      }
      HotEntry entry = attached.cached().find(key, ranking);
      if (entry == null || !entry.isVersion(at, winner) || entry.refused() == winner.changes()) {
        return Found.UNKNOWN;
      }
      // Another entry of the key has changed; the winner is the same.
      entry.stands(winner, checkedAt);
      return find(attached, entry, nowUnixNanos, foreignCheckNanos, watchedNanos, query);
    } finally {
      at.clear();
    }
  }

  /**
   * What was last found for a key object, if that was by this ranking, a moment ago, and holds:
   * then the query holds a lease on it and shows its payload. Makes no system call, takes no lock,
   * allocates nothing, and reads of the index one word.
   *
   * <p>The lease comes first. Its store waits for all loads before it; the hot word and the
   * payload, which lie in no cache where there are many keys, then load side by side.
   *
   * @param nowUnixNanos by the clock that uses are told by
   * @param mostIdleNanos how long ago the last use may be that this process has noted
   * @param tickedUnixNanos the system's clock, to the millisecond
   * @param watchedNanos how old a look of {@link Lookout} may be; asked once a second
   */
  public boolean recall(
      Fingerprint key,
      int ranking,
      long nowUnixNanos,
      long mostIdleNanos,
      long tickedUnixNanos,
      LongSupplier watchedNanos,
      IndexQuery query) {
    Generation attached = generations.current();
    int turn = KeyMemo.turn(key);
    long state = KeyMemo.state(key);
    Object entry = KeyMemo.found(key);
    long idle = KeyMemo.idleNanos(key, nowUnixNanos);
    if (attached == null || state == 0 || entry == null || idle < 0 || idle >= mostIdleNanos) {
      return false;
    }
    long address = KeyMemo.address(key);
    int length = KeyMemo.length(key);
    int slot = KeyMemo.slot(key);
    Leases leases = payloads.leases();
    query.lease().name(entry, leases);
    try {
      if (KeyMemo.isStill(key, turn)
          && attached.keys().stands(slot, ranking, leases.retirements().countOfUsed(slot), state)
          && (idle < NOTED_NANOS + KeyMemo.TICK_NANOS
              || isNoted(key, (HotEntry) entry, nowUnixNanos, tickedUnixNanos, watchedNanos))) {
        query.show(address, length);
        return true;
      }
      MappedFaults.raisePending();
    } catch (InternalError e) {
      attached.files().lose();
    }
    query.lease().end();
    return false;
  }

  /**
   * Once a second: notes the use, while the lookout has the entry, which tells of it, and has not
   * looked too long ago. A store that only reads asks whether the entry has expired.
   */
  private boolean isNoted(
      Fingerprint key,
      HotEntry entry,
      long nowUnixNanos,
      long tickedUnixNanos,
      LongSupplier watchedNanos) {
    if (generations.readOnly()
        || !entry.watched()
        || tickedUnixNanos - entry.checkedAt() >= watchedNanos.getAsLong()) {
      return false;
    }
    entry.usedAt(nowUnixNanos);
    KeyMemo.used(key, nowUnixNanos);
    return true;
  }

  /**
   * Has the key object remember what was found for it, for {@link #recall}. The caller has a lease
   * on it.
   */
  public void remember(Fingerprint key, HotEntry found) {
    Generation attached = found.attached();
    // Before it is seen not to be retired.
    int retirements = payloads.leases().retirements().count(found.slot());
    if (attached != null && !found.retired() && found.fitsBuffer()) {
      KeyMemo.set(key, found, attached.keys().memo(found, retirements));
    }
  }

  /** Whether an entry in memory still is the winner. */
  public boolean stands(HotEntry entry) {
    return guarded(entry, (attached, buffer) -> attached.keys().stands(entry, buffer));
  }

  /**
   * Asks when an entry was last used, by any process that has told.
   *
   * @return unix nanoseconds of its last write or access
   */
  public long lastUse(HotEntry entry) {
    guarded(
        entry,
        (attached, buffer) -> {
          long lastUse = KeyTable.lastUse(entry, buffer);
          // Before it is believed: the word of a page that is gone is none.
          MappedFaults.raisePending();
          boolean later = lastUse > entry.lastUse();
          if (later) {
            entry.usedAt(lastUse);
          }
          return later;
        });
    return entry.lastUse();
  }

  /** After a hit: tells all processes of this access. */
  public void touch(HotEntry entry, long nowUnixNanos) {
    entry.usedAt(nowUnixNanos);
    tellUse(entry, nowUnixNanos);
  }

  /** Tells all processes of an access of this one. */
  public void tellUse(HotEntry entry, long unixNanos) {
    entry.toldUse(unixNanos);
    guarded(
        entry,
        (attached, buffer) -> {
          KeyTable.touch(entry, buffer, unixNanos);
          return true;
        });
  }

  /**
   * Looks at the files of an entry in memory, unless it does not stand, or somebody has looked
   * since: for {@link Lookout}.
   *
   * @param agedNanos how old a look must be for another one
   */
  void lookAt(HotEntry entry, long nowUnixNanos, long agedNanos) {
    guarded(
        entry,
        (attached, buffer) ->
            attached.keys().stands(entry, buffer)
                && revalidation.isAsItWas(
                    attached, entry, buffer, nowUnixNanos, agedNanos, agedNanos));
  }

  /** The last version of a key by a ranking that this process has in memory, current or not. */
  public @Nullable HotEntry inMemory(Digest256 key, int ranking) {
    Generation attached = generations.current();
    return attached == null ? null : attached.cached().find(key, ranking);
  }

  /** Asks of an entry's slot; false if it has none any more, or its page is gone. */
  private static boolean guarded(HotEntry entry, BiPredicate<Generation, AtomicBuffer> question) {
    Generation attached = entry.attached();
    AtomicBuffer buffer = entry.buffer();
    return attached != null
        && buffer != null
        && CurrentGeneration.guarded(attached, same -> question.test(same, buffer), false);
  }
}
