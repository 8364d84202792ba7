package io.warmstart.index;

import io.warmstart.index.table.SlotCursor;
import io.warmstart.model.Digest256;
import io.warmstart.payload.PayloadCache;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Fills the index with what lookups read of a key's files: the state of the key's slot is taken
 * before, and what was read counts unless that has changed by the time it is stored.
 *
 * <p>Safe for all threads.
 */
public final class Readings {
  private final CurrentGeneration generations;
  private final ForeignChanges foreign;
  private final PayloadCache payloads;

  public Readings(Index index, PayloadCache payloads) {
    this.generations = index.generations();
    this.foreign = index.foreign();
    this.payloads = payloads;
  }

  /** Whether a key has no slot yet. */
  public boolean needsSlot(Digest256 key) {
    return !generations.readOnly()
        && generations.ask(attached -> !attached.keys().find(key, new SlotCursor()), false);
  }

  /** Makes a slot for a key, if it has none. The caller holds its stripe, shared. */
  public void makeSlot(Digest256 key) {
    generations.ask(
        attached -> {
          SlotCursor at = new SlotCursor();
          return attached.keys().find(key, at)
              || attached.keys().insert(key, generations.nextChanges(), at);
        },
        false);
  }

  /**
   * To be called before a key's directory is read, to fill the index with what is found.
   *
   * @return null if there is nothing to fill, or {@link #needsSlot} and nobody has made one
   */
  public @Nullable ReadStamp beforeRead(Digest256 key, long nowUnixNanos) {
    return generations
        .ask(attached -> readStamp(attached, key, nowUnixNanos), Optional.<ReadStamp>empty())
        .orElse(null);
  }

  private Optional<ReadStamp> readStamp(Generation attached, Digest256 key, long nowUnixNanos) {
    SlotCursor at = new SlotCursor();
    if (!attached.keys().find(key, at)) {
      return Optional.empty();
    }
    long changes = attached.keys().changes(at);
    long doubt = attached.totals().doubt();
    ForeignChanges.Look look = foreign.look(key, nowUnixNanos);
    // The reading of the directory must not begin before the reading of the changes.
    VarHandle.fullFence();
    return Optional.of(
        new ReadStamp(
            attached, key, changes, look.toStore(), nowUnixNanos, look.directory(), doubt));
  }

  /** Whether no change of the key has begun or ended since a readStamp was given out. */
  public boolean stillHolds(ReadStamp readStamp) {
    return CurrentGeneration.guarded(
        readStamp.attached, attached -> holds(readStamp, new SlotCursor()), false);
  }

  private static boolean holds(ReadStamp readStamp, SlotCursor at) {
    KeyTable keys = readStamp.attached.keys();
    return readStamp.attached.files().live()
        && keys.find(readStamp.key, at)
        && keys.changes(at) == readStamp.changes;
  }

  /**
   * To be called after a winner was read and before it is stored: takes its manifest's change time,
   * by which later lookups tell that somebody has written to the manifest in place.
   */
  public long manifestCtime(ReadStamp readStamp, HotEntry winner) {
    return foreign.manifestCtimeToStore(
        winner.directory(), winner.candidate().runId(), readStamp.checkedAt);
  }

  /**
   * Stores what was read, unless the key has changed since the readStamp. The caller holds its
   * stripe, shared.
   *
   * @param winner who wins, with its payload; null for a miss. A process that replaces it retires
   *     it
   * @param lastUse unix nanoseconds of its last write or access
   * @param manifestCtime what {@link #manifestCtime} gave; 0 for a miss
   * @return whether the winner is kept for hits to come
   */
  public boolean fill(
      ReadStamp readStamp,
      int ranking,
      @Nullable HotEntry winner,
      long lastUse,
      long manifestCtime) {
    return CurrentGeneration.guarded(
        readStamp.attached,
        attached -> fill(attached, readStamp, ranking, winner, lastUse, manifestCtime),
        false);
  }

  private boolean fill(
      Generation attached,
      ReadStamp readStamp,
      int ranking,
      @Nullable HotEntry winner,
      long lastUse,
      long manifestCtime) {
    SlotCursor at = new SlotCursor();
    if (!holds(readStamp, at)) {
      return false;
    }
    IndexedWinner indexed = read(readStamp, winner, lastUse, manifestCtime);
    long fresh = generations.nextChanges();
    if (!attached.keys().fill(at, readStamp.key, ranking, readStamp.checkedAt, indexed, fresh)) {
      return false;
    }
    if (winner != null) {
      winner.attach(attached, at, indexed, readStamp.checkedAt);
      keep(attached, winner);
    }
    return true;
  }

  /** What was read, as the table has it. */
  private static IndexedWinner read(
      ReadStamp readStamp, @Nullable HotEntry winner, long lastUse, long manifestCtime) {
    IndexedWinner read = new IndexedWinner();
    if (winner == null) {
      read.setMiss();
    } else {
      read.setVersion(winner.candidate(), lastUse);
      read.setManifestCtime(manifestCtime);
    }
    read.under(readStamp.changes, readStamp.ctime);
    return read;
  }

  /**
   * Keeps what was read in this process's memory alone, unless the key has changed since the
   * readStamp: where the index cannot be written to. Needs no lock.
   *
   * @return whether the winner is kept for hits to come
   */
  public boolean keep(ReadStamp readStamp, HotEntry winner, long lastUse, long manifestCtime) {
    return CurrentGeneration.guarded(
        readStamp.attached,
        attached -> {
          SlotCursor at = new SlotCursor();
          if (!holds(readStamp, at)) {
            return false;
          }
          IndexedWinner indexed = read(readStamp, winner, lastUse, manifestCtime);
          winner.attach(attached, at, indexed, readStamp.checkedAt);
          return keepAlone(attached, winner);
        },
        false);
  }

  /**
   * Two threads that have read two versions under the same changes were beside a save that is not
   * done: then neither stays, for the reason that {@link KeyTable#fill} gives.
   */
  private synchronized boolean keepAlone(Generation attached, HotEntry entry) {
    HotEntry before = attached.cached().find(entry.directory().key(), entry.ranking());
    if (before != null && before.changes() == entry.changes() && !before.isSameAs(entry)) {
      before.refuse(generations.nextChanges());
      return false;
    }
    keep(attached, entry);
    return true;
  }

  private void keep(Generation attached, HotEntry entry) {
    HotEntry before = attached.cached().put(entry);
    payloads.add(entry);
    if (before != null) {
      payloads.remove(before);
    }
  }
}
