package io.warmstart.index;

import io.warmstart.io.FileOps;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.payload.PayloadCache;
import io.warmstart.process.Counters;
import io.warmstart.process.Placement;
import io.warmstart.process.StripeLocks;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The index of a root, as the flows use it: attached to the mapped files that all processes share.
 * Where these cannot be mapped, and once it is closed, it answers that it does not know, and the
 * files decide.
 *
 * <p>What is asked of it is guarded against pages that are gone: {@link CurrentGeneration#guarded}.
 *
 * <p>Safe for all threads.
 */
public final class Index implements AutoCloseable {
  private final PayloadCache payloads;
  private final CurrentGeneration attachments;
  private final ForeignChanges foreign;

  /**
   * Makes the index of a root; it attaches when it is first asked.
   *
   * @param place where the index lies
   * @param boot the boot id of all who use it
   */
  public Index(
      StripeLocks locks,
      Path root,
      Placement place,
      FileOps ops,
      LongSupplier boot,
      Counters counters,
      PayloadCache payloads) {
    this(
        locks, root, place, ops, counters, payloads, new IndexMapper(place.directory(), ops, boot));
  }

  /** Makes the index of a root over files that come from anywhere. */
  Index(
      StripeLocks locks,
      Path root,
      Placement place,
      FileOps ops,
      Counters counters,
      PayloadCache payloads,
      IndexMapper mapper) {
    this.payloads = payloads;
    this.attachments = new CurrentGeneration(locks, counters, payloads, mapper);
    this.foreign = new ForeignChanges(root, place, ops);
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
   * @param hint the entry that was last found for the key, by any ranking, in any index
   * @param ranking 0, 1 or 2
   * @param nowUnixNanos the system's clock, to the millisecond
   * @param foreignCheckNanos how old such a look may be
   * @param query takes the answer; on a hit it holds a lease on a {@link HotEntry}
   */
  public Found find(
      @Nullable HotEntry hint,
      Digest256 key,
      int ranking,
      long nowUnixNanos,
      long foreignCheckNanos,
      IndexQuery query) {
    Generation attached = attachments.current();
    if (attached == null) {
      return Found.UNKNOWN;
    }
    try {
      HotEntry entry =
          hint != null && hint.ranking() == ranking && hint.attached() == attached
              ? hint
              : attached.cached().find(key, ranking);
      Found found =
          entry == null
              ? Found.UNKNOWN
              : find(attached, entry, nowUnixNanos, foreignCheckNanos, query);
      if (found == Found.UNKNOWN) {
        found = findInTable(attached, key, ranking, nowUnixNanos, foreignCheckNanos, query);
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
      IndexQuery query) {
    AtomicBuffer buffer = entry.buffer();
    if (buffer == null || !query.lease().take(entry)) {
      return Found.UNKNOWN;
    }
    // Before the question whether the entry stands, whose last read must be the last: see stands.
    long checkedAt = entry.checkedAt();
    long ctime = KeyTable.ctime(entry, buffer);
    if (attached.keys().stands(entry, buffer, ctime)
        && (foreign.mayGoWithout(nowUnixNanos - checkedAt, nowUnixNanos, foreignCheckNanos)
            || isAsItWas(entry, buffer, ctime, nowUnixNanos))) {
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
      IndexQuery query) {
    KeyTable keys = attached.keys();
    SlotCursor at = query.at;
    IndexedWinner winner = query.winner;
    try {
      if (!keys.find(key, at)) {
        return Found.UNKNOWN;
      }
      // Before the winner, whose check must be the last that is read: see read.
      long checkedAt = keys.checkedAt(at);
      if (!keys.read(at, key, ranking, winner)) {
        return Found.UNKNOWN;
      }
      if (winner.isMiss()) {
        return ForeignChanges.isFresh(nowUnixNanos - checkedAt, foreignCheckNanos)
                || isStillMissing(query, key, nowUnixNanos, foreignCheckNanos)
            ? Found.MISS
            : Found.UNKNOWN;
      }
      HotEntry entry = attached.cached().find(key, ranking);
      if (entry == null || !entry.isVersion(at, winner)) {
        return Found.UNKNOWN;
      }
      // Another entry of the key has changed, or the directory's time has; the winner is the same.
      entry.stands(Checksums.ofState(winner.changes(), winner.ctime()), winner, checkedAt);
      return find(attached, entry, nowUnixNanos, foreignCheckNanos, query);
    } finally {
      at.clear();
    }
  }

  /**
   * Whether directory and manifest have the change times that the winner was read under. What came
   * of it this process keeps to itself: others may have another version of the manifest.
   */
  private boolean isAsItWas(HotEntry entry, AtomicBuffer buffer, long expected, long nowUnixNanos) {
    if (foreign.isAsItWas(entry, expected)) {
      entry.checkedAt(nowUnixNanos);
      return true;
    }
    KeyTable.change(buffer, entry.slotOffset(), attachments.nextChanges());
    return false;
  }

  /** The same for a key without entries, which may have no directory. */
  private boolean isStillMissing(
      IndexQuery query, Digest256 key, long nowUnixNanos, long foreignCheckNanos) {
    long expected = query.winner.ctime();
    long lookedAt = foreign.seenMissing(key, expected, nowUnixNanos, foreignCheckNanos);
    AtomicBuffer buffer = query.at.buffer();
    int slotOffset = query.at.offset;
    // All processes are told what came of it: that it was looked at, or that the winners are void.
    if (lookedAt == 0) {
      KeyTable.change(buffer, slotOffset, attachments.nextChanges());
      return false;
    }
    KeyTable.checked(buffer, slotOffset, lookedAt);
    MappedFaults.raisePending();
    return true;
  }

  /**
   * Asks when an entry was last used, by any process.
   *
   * @return unix nanoseconds of its last write or access
   */
  public long lastUse(HotEntry entry) {
    guarded(
        entry,
        buffer -> {
          long lastUse = KeyTable.lastUse(entry, buffer);
          // Before it is believed: the word of a page that is gone is none.
          MappedFaults.raisePending();
          entry.usedAt(lastUse);
        });
    return entry.lastUse();
  }

  /** After a hit: tells all processes of this access. */
  public void touch(HotEntry entry, long nowUnixNanos) {
    entry.usedAt(nowUnixNanos);
    guarded(entry, buffer -> KeyTable.touch(entry, buffer, nowUnixNanos));
  }

  private static void guarded(HotEntry entry, Consumer<AtomicBuffer> access) {
    Generation attached = entry.attached();
    AtomicBuffer buffer = entry.buffer();
    if (attached != null && buffer != null) {
      guarded(attached, same -> access.accept(buffer));
    }
  }

  private static void guarded(Generation attached, Consumer<Generation> access) {
    CurrentGeneration.guarded(
        attached,
        same -> {
          access.accept(same);
          return true;
        },
        false);
  }

  /**
   * To be called before a key's directory is read, to fill the index with what is found.
   *
   * @return null if there is nothing to fill, or {@link #needsSlot} and nobody has made one
   */
  public @Nullable ReadStamp beforeRead(Digest256 key, long nowUnixNanos) {
    return attachments
        .ask(attached -> ticket(attached, key, nowUnixNanos), Optional.<ReadStamp>empty())
        .orElse(null);
  }

  private Optional<ReadStamp> ticket(Generation attached, Digest256 key, long nowUnixNanos) {
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

  /** Whether no change of the key has begun or ended since a ticket was given out. */
  public boolean stillHolds(ReadStamp ticket) {
    return CurrentGeneration.guarded(
        ticket.attached, attached -> holds(ticket, new SlotCursor()), false);
  }

  private static boolean holds(ReadStamp ticket, SlotCursor at) {
    KeyTable keys = ticket.attached.keys();
    return ticket.attached.files().live()
        && keys.find(ticket.key, at)
        && keys.changes(at) == ticket.changes;
  }

  /** Whether a key has no slot yet. */
  public boolean needsSlot(Digest256 key) {
    return attachments.ask(attached -> !attached.keys().find(key, new SlotCursor()), false);
  }

  /** Makes a slot for a key, if it has none. The caller holds its stripe, shared. */
  public void makeSlot(Digest256 key) {
    attachments.ask(
        attached -> {
          SlotCursor at = new SlotCursor();
          return attached.keys().find(key, at)
              || attached.keys().insert(key, attachments.nextChanges(), at);
        },
        false);
  }

  /**
   * To be called after a winner was read and before it is stored: takes its manifest's change time,
   * by which later lookups tell that somebody has written to the manifest in place.
   */
  public long manifestCtime(ReadStamp ticket, HotEntry winner) {
    return foreign.manifestCtimeToStore(
        winner.directory(), winner.candidate().runId(), ticket.checkedAt);
  }

  /** The last version of a key by a ranking that this process has in memory, current or not. */
  public @Nullable HotEntry inMemory(Digest256 key, int ranking) {
    Generation attached = attachments.current();
    return attached == null ? null : attached.cached().find(key, ranking);
  }

  /**
   * Stores what was read, unless the key has changed since the ticket. The caller holds its stripe,
   * shared.
   *
   * @param winner who wins, with its payload; null for a miss. A process that replaces it retires
   *     it
   * @param lastUse unix nanoseconds of its last write or access
   * @param manifestCtime what {@link #manifestCtime} gave; 0 for a miss
   * @return whether the winner is kept for hits to come
   */
  public boolean fill(
      ReadStamp ticket, int ranking, @Nullable HotEntry winner, long lastUse, long manifestCtime) {
    return CurrentGeneration.guarded(
        ticket.attached,
        attached -> fill(attached, ticket, ranking, winner, lastUse, manifestCtime),
        false);
  }

  private boolean fill(
      Generation attached,
      ReadStamp ticket,
      int ranking,
      @Nullable HotEntry winner,
      long lastUse,
      long manifestCtime) {
    SlotCursor at = new SlotCursor();
    if (!holds(ticket, at)) {
      return false;
    }
    IndexedWinner indexed = new IndexedWinner();
    if (winner == null) {
      indexed.setMiss();
    } else {
      indexed.setVersion(winner.candidate(), lastUse);
      indexed.setManifestCtime(manifestCtime);
      winner.attach(
          attached, at, indexed, Checksums.ofState(ticket.changes, ticket.ctime), ticket.checkedAt);
      keep(attached, winner);
    }
    attached
        .keys()
        .fill(at, ticket.key, ranking, ticket.changes, ticket.ctime, ticket.checkedAt, indexed);
    return true;
  }

  private void keep(Generation attached, HotEntry entry) {
    HotEntry before = attached.cached().put(entry);
    payloads.add(entry);
    if (before != null) {
      payloads.remove(before);
    }
  }

  /** The files of a key are about to change: told before the first change. */
  public void changing(Digest256 key) {
    change(key);
  }

  /** The files of a key have changed, or may have: told after the last change, on errors too. */
  public void changed(Digest256 key) {
    change(key);
  }

  private void change(Digest256 key) {
    eachGeneration(attached -> change(attached, key));
  }

  /**
   * Tells the generation that is in use.
   *
   * @param told whether it was in use still afterwards
   * @return whether one was told
   */
  private boolean eachGeneration(Predicate<Generation> told) {
    Generation last = null;
    // Twice at the most in practice: a generation lives long.
    for (int attempt = 0; attempt < 8; attempt++) {
      Generation attached = attachments.current();
      if (attached == null) {
        attachments.changedUntold();
      }
      if (attached == null || attached == last) {
        return false;
      }
      last = attached;
      if (CurrentGeneration.guarded(attached, told::test, false)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the generation was in use still when it was told. */
  private boolean change(Generation attached, Digest256 key) {
    SlotCursor at = new SlotCursor();
    if (attached.keys().find(key, at)) {
      attached.keys().change(at, attachments.nextChanges());
    }
    return attached.files().live();
  }

  /**
   * Which segments of the journal there are: another value whenever one comes or goes.
   *
   * @return 0 if nobody can tell
   */
  public long segmentsWord() {
    return attachments.ask(attached -> attached.files().segmentsWord(), 0L);
  }

  /**
   * A segment of the journal has come, and nothing is in it yet; or has gone.
   *
   * @return whether all others learn of it: if not, they do when this process has an index again
   */
  public boolean segmentsChanged() {
    return eachGeneration(
        attached -> {
          attached.files().segmentsChanged(attachments.nextChanges());
          return attached.files().live();
        });
  }

  /** A value that no process has stored before. */
  long nextChanges() {
    return attachments.nextChanges();
  }

  /** Something was changed while there was none to be told. */
  void changedUntold() {
    attachments.changedUntold();
  }

  /** Which generation there is to ask. */
  CurrentGeneration attachments() {
    return attachments;
  }

  /** Detaches if the names no longer lead to the files that are attached. Called by the agent. */
  public void heartbeat() {
    attachments.heartbeat();
  }

  /**
   * From here on it knows nothing. Frees the payloads in memory that nobody holds a lease on, and
   * those leased after that.
   */
  @Override
  public void close() {
    attachments.close();
  }
}
