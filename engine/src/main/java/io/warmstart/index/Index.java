package io.warmstart.index;

import io.warmstart.io.FileOps;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.payload.Leases;
import io.warmstart.payload.PayloadCache;
import io.warmstart.process.Counters;
import io.warmstart.process.Placement;
import io.warmstart.process.StripeLocks;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
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
  /** Between two notes of a key's use. */
  private static final long NOTED_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A clock that ticks may be so late on a busy machine without costing a look for nothing. */
  private static final long MOST_LAG_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final PayloadCache payloads;
  private final CurrentGeneration attachments;
  private final ForeignChanges foreign;
  private final LookRate rate = new LookRate();

  /**
   * Makes the index of a root; it attaches when it is first asked.
   *
   * @param place where the index lies
   * @param boot the boot id of all who use it
   * @param readOnly whether this process may not write: it reads what others keep up, and keeps to
   *     itself what it has in memory
   */
  public Index(
      StripeLocks locks,
      Path root,
      Placement place,
      FileOps ops,
      LongSupplier boot,
      Counters counters,
      PayloadCache payloads,
      boolean readOnly) {
    this(
        locks,
        root,
        place,
        ops,
        counters,
        payloads,
        new IndexMapper(place.directory(), ops, boot, readOnly));
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
    Generation attached = attachments.current();
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
        && (isFresh(nowUnixNanos - entry.checkedAt(), foreignCheckNanos, foreignCheckNanos)
            || isAsItWas(attached, entry, buffer, nowUnixNanos, foreignCheckNanos, watchedNanos))) {
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
        return isFresh(nowUnixNanos - checkedAt, foreignCheckNanos, foreignCheckNanos)
                || isStillMissing(query, key, ranking, nowUnixNanos, foreignCheckNanos)
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
   * Whether a look of this age will do. The caller's clock may lag a little behind that of the
   * thread that looked; a clock that was set back by more makes the age negative: then look. Where
   * each lookup is to look, none goes by its lagging clock.
   *
   * @param mostAge no less than {@code foreignCheckNanos}
   */
  private static boolean isFresh(long age, long foreignCheckNanos, long mostAge) {
    return age < mostAge && age > -Math.min(MOST_LAG_NANOS, foreignCheckNanos);
  }

  /**
   * Whether directory and manifest of an entry that stands have the change times that it was read
   * under: by a look that somebody has made, or by one of this thread.
   */
  private boolean isAsItWas(
      Generation attached,
      HotEntry entry,
      AtomicBuffer buffer,
      long nowUnixNanos,
      long foreignCheckNanos,
      long watchedNanos) {
    long checkedAt = attachments.readOnly() ? entry.checkedAt() : lookedAt(entry, buffer);
    long age = nowUnixNanos - checkedAt;
    if (isFresh(age, foreignCheckNanos, foreignCheckNanos)
        || (isFresh(age, foreignCheckNanos, watchedNanos)
            && (entry.watched() || !rate.takesTurn(foreignCheckNanos, nowUnixNanos)))) {
      entry.checkedAt(checkedAt);
      return true;
    }
    return attachments.readOnly()
        ? lookAlone(entry, nowUnixNanos)
        : look(attached, entry, buffer, nowUnixNanos);
  }

  /** Looks at an entry's files where nobody can be told what came of it. */
  private boolean lookAlone(HotEntry entry, long nowUnixNanos) {
    if (foreign.isAsItWas(entry, entry.ctime())) {
      entry.checkedAt(nowUnixNanos);
      return true;
    }
    // Not out of memory: if what is there now is no whole version, this is the last that was.
    voidAlone(entry);
    return false;
  }

  /** When any process last looked at an entry's files; unix nanoseconds. */
  private static long lookedAt(HotEntry entry, AtomicBuffer buffer) {
    long checkedAt = KeyTable.checkedAt(buffer, entry.slotOffset(), entry.ranking());
    // Before it is believed: the word of a page that is gone is none.
    MappedFaults.raisePending();
    return checkedAt;
  }

  /** Looks at an entry's files; all processes are told what came of it. */
  private boolean look(
      Generation attached, HotEntry entry, AtomicBuffer buffer, long nowUnixNanos) {
    IndexedWinner winner = new IndexedWinner();
    SlotCursor at = new SlotCursor();
    Digest256 key = entry.directory().key();
    if (!attached.keys().find(key, at)
        || !attached.keys().read(at, key, entry.ranking(), winner)
        || !entry.isVersion(at, winner)) {
      return false;
    }
    MappedFaults.raisePending();
    if (!foreign.isAsItWas(entry, winner.ctime())) {
      KeyTable.change(buffer, entry.hotWord(), attachments.nextChanges());
      MappedFaults.raisePending();
      return false;
    }
    KeyTable.checked(buffer, entry.slotOffset(), entry.ranking(), nowUnixNanos);
    MappedFaults.raisePending();
    entry.checkedAt(nowUnixNanos);
    return true;
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
                && isAsItWas(attached, entry, buffer, nowUnixNanos, agedNanos, agedNanos));
  }

  /** The same for a key without entries, which may have no directory. */
  private boolean isStillMissing(
      IndexQuery query, Digest256 key, int ranking, long nowUnixNanos, long foreignCheckNanos) {
    long expected = query.winner().ctime();
    long lookedAt = foreign.seenMissing(key, expected, nowUnixNanos, foreignCheckNanos);
    // All processes are told what came of it: that it was looked at, or that the winners are void.
    if (lookedAt == 0) {
      change(query);
      return false;
    }
    KeyTable.checked(query.at().buffer(), query.at().offset, ranking, lookedAt);
    MappedFaults.raisePending();
    return true;
  }

  private void change(IndexQuery query) {
    KeyTable.change(query.at().buffer(), query.at().hotWord(), attachments.nextChanges());
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
    Generation attached = attachments.current();
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
   * looked too long ago. Who only reads asks whether the entry has expired.
   */
  private boolean isNoted(
      Fingerprint key,
      HotEntry entry,
      long nowUnixNanos,
      long tickedUnixNanos,
      LongSupplier watchedNanos) {
    if (attachments.readOnly()
        || !entry.watched()
        || tickedUnixNanos - entry.checkedAt() >= watchedNanos.getAsLong()) {
      return false;
    }
    entry.usedAt(nowUnixNanos);
    KeyMemo.used(key, nowUnixNanos);
    return true;
  }

  /** Whether an entry in memory still is who wins. */
  public boolean stands(HotEntry entry) {
    return guarded(entry, (attached, buffer) -> attached.keys().stands(entry, buffer));
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

  /** Asks of an entry's slot; false if it has none any more, or its page is gone. */
  private static boolean guarded(HotEntry entry, BiPredicate<Generation, AtomicBuffer> question) {
    Generation attached = entry.attached();
    AtomicBuffer buffer = entry.buffer();
    return attached != null
        && buffer != null
        && CurrentGeneration.guarded(attached, same -> question.test(same, buffer), false);
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
    return !attachments.readOnly()
        && attachments.ask(attached -> !attached.keys().find(key, new SlotCursor()), false);
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
    IndexedWinner indexed = read(ticket, winner, lastUse, manifestCtime);
    long fresh = attachments.nextChanges();
    if (!attached.keys().fill(at, ticket.key, ranking, ticket.checkedAt, indexed, fresh)) {
      return false;
    }
    if (winner != null) {
      winner.attach(attached, at, indexed, ticket.checkedAt);
      keep(attached, winner);
    }
    return true;
  }

  /** What was read, as the table has it. */
  private static IndexedWinner read(
      ReadStamp ticket, @Nullable HotEntry winner, long lastUse, long manifestCtime) {
    IndexedWinner read = new IndexedWinner();
    if (winner == null) {
      read.setMiss();
    } else {
      read.setVersion(winner.candidate(), lastUse);
      read.setManifestCtime(manifestCtime);
    }
    read.under(ticket.changes, ticket.ctime);
    return read;
  }

  /**
   * Keeps what was read in this process's memory alone, unless the key has changed since the
   * ticket: where the index cannot be written to. Needs no lock.
   *
   * @return whether the winner is kept for hits to come
   */
  public boolean keep(ReadStamp ticket, HotEntry winner, long lastUse, long manifestCtime) {
    return CurrentGeneration.guarded(
        ticket.attached,
        attached -> {
          SlotCursor at = new SlotCursor();
          if (!holds(ticket, at)) {
            return false;
          }
          IndexedWinner indexed = read(ticket, winner, lastUse, manifestCtime);
          winner.attach(attached, at, indexed, ticket.checkedAt);
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
      voidAlone(before);
      return false;
    }
    keep(attached, entry);
    return true;
  }

  private void voidAlone(HotEntry entry) {
    entry.refuse(attachments.nextChanges());
    payloads.leases().retirements().add(entry.slot());
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

  /** A key's directory was made: told before anything is published in it. */
  public void directoryMade() {
    eachGeneration(
        attached -> {
          attached.files().keysChanged(attachments.nextChanges());
          return attached.files().live();
        });
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

  /**
   * Which keys have files or records: another word whenever there may be one more. No two
   * generations have the same.
   *
   * @return 0 if there is no index now
   */
  long keysWord() {
    return attachments.askWord(attached -> attached.files().keysWord(), 0);
  }

  /** The keys of which files are counted. */
  List<Digest256> countedKeys() {
    return attachments.ask(
        attached -> {
          List<Digest256> keys = new ArrayList<>();
          for (int stripe = 0; stripe < IndexLayout.STRIPES; stripe++) {
            attached.keys().forEachKeyWithFiles(stripe, keys::add);
          }
          return keys;
        },
        List.of());
  }

  /**
   * Voids a key's winners. Those who know which keys the root has must learn of one more before its
   * first pair is in place, and before its first record in the journal is acknowledged: see {@link
   * AbsentKeys}.
   *
   * @return whether the generation was in use still when it was told
   */
  private boolean change(Generation attached, Digest256 key) {
    SlotCursor at = new SlotCursor();
    boolean found = attached.keys().find(key, at);
    if (!found || attached.keys().bytes(at, key) <= 0) {
      attached.files().keysChanged(attachments.nextChanges());
    }
    if (found) {
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
    return attachments.askWord(attached -> attached.files().segmentsWord(), 0);
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

  /** For looks at the root. */
  ForeignChanges foreign() {
    return foreign;
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
