package io.warmstart.index;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.index.table.Spared;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What the index knows of all entries together: how many bytes the root has, and which entry is the
 * next to be evicted. A process that publishes or removes under a key's stripe tells here.
 *
 * <p>A number that cannot be told, for want of the lock or of room, puts the total in doubt: a
 * process that needs it counts the files first.
 *
 * <p>Safe for all threads.
 */
public final class SpaceLedger {
  private final CurrentGeneration generations;
  private final ByteAccounts accounts;

  public SpaceLedger(Index index) {
    this.generations = index.generations();
    this.accounts = new ByteAccounts(generations);
  }

  /** The root's bytes; empty until all keys have been scanned, and after a doubt. */
  public OptionalLong totalBytes() {
    return ask(attached -> attached.totals().total(), OptionalLong.empty());
  }

  /**
   * What the whole index knows of the root.
   *
   * @param keys that have files
   * @param bytes quarantine included
   */
  public record Recorded(long entries, long keys, long bytes, long quarantineBytes) {}

  /** What the index knows of the root, if it knows the whole. */
  public Optional<Recorded> recorded() {
    return ask(
        attached -> {
          long[] keys = new long[1];
          for (int stripe = 0; stripe < IndexLayout.STRIPES; stripe++) {
            attached.keys().forEachBytes(stripe, bytes -> keys[0] += bytes > 0 ? 1 : 0);
          }
          long entries = attached.order().count();
          long quarantine = attached.totals().quarantine();
          OptionalLong total = attached.totals().total();
          return total.isPresent() && quarantine >= 0
              ? Optional.of(new Recorded(entries, keys[0], total.getAsLong(), quarantine))
              : Optional.empty();
        },
        Optional.empty());
  }

  /** An entry was published. The caller holds the key's stripe. */
  public void published(
      StripeLocks.Hold hold, Digest256 key, EntryFacts entry, long replacedBytes) {
    change(
        hold,
        attached -> {
          SlotCursor at = new SlotCursor();
          if (accounts.add(attached, at, key, entry.bytes() - replacedBytes)) {
            long latest = SlotCounts.latestWritten(at);
            SlotCounts.latestWritten(at, Math.max(latest, entry.writtenNanos()));
          }
          if (!attached.entries().record(key, entry)) {
            accounts.doubt(attached);
          }
        });
  }

  /** An entry has other stamps, or another size, than was recorded. */
  public void restamped(StripeLocks.Hold hold, Digest256 key, EntryFacts entry, long grownBytes) {
    published(hold, key, entry, entry.bytes() - grownBytes);
  }

  /** An entry was removed. The caller holds the key's stripe. */
  public void removed(StripeLocks.Hold hold, Digest256 key, String runId, long bytes) {
    change(
        hold,
        attached -> {
          accounts.add(attached, new SlotCursor(), key, -bytes);
          attached.entries().remove(key, runId);
        });
  }

  /** An entry that was recorded is not there. The caller holds the key's stripe. */
  public void absent(StripeLocks.Hold hold, RecordedEntry entry) {
    change(hold, attached -> attached.entries().drop(entry));
  }

  /** A key's directory was removed. The caller holds the key's stripe. */
  public void vanished(StripeLocks.Hold hold, Digest256 key) {
    change(
        hold,
        attached -> {
          accounts.set(attached, key, 0, 0);
          attached.keys().remove(key, generations.nextChanges());
        });
  }

  /**
   * A lookup has returned an entry. Needs no lock.
   *
   * @return false if there is no index now that could have taken note
   */
  public boolean touched(Digest256 key, String runId, long nowUnixNanos) {
    return tell(attached -> attached.entries().touch(key, runId, nowUnixNanos));
  }

  /**
   * When an entry was last accessed by a process of this machine. Needs no lock.
   *
   * @return unix nanoseconds; {@link Long#MIN_VALUE} if the index does not know of an access
   */
  public long accessedNanos(Digest256 key, String runId) {
    return ask(attached -> attached.entries().accessedNanos(key, runId), Long.MIN_VALUE);
  }

  /**
   * What a scan has found of a key, by a look under its stripe.
   *
   * @param ctime the directory's if it shows each later change, else 0
   * @param bytes of all files, but those of saves under way
   */
  public void scanned(
      StripeLocks.Hold hold,
      Digest256 key,
      long ctime,
      long bytes,
      Collection<EntryFacts> entries) {
    change(
        hold,
        attached -> {
          boolean recorded = attached.entries().recordAll(key, entries);
          // Where there was no room the next scan must not pass the key over.
          accounts.set(attached, key, bytes, recorded ? ctime : 0);
          SlotCursor at = new SlotCursor();
          if (attached.keys().find(key, at)) {
            SlotCounts.latestWritten(
                at, entries.stream().mapToLong(EntryFacts::writtenNanos).max().orElse(0));
          }
          if (!recorded) {
            accounts.doubt(attached);
          }
        });
  }

  /** The bytes of a key if its directory has not changed since it was scanned; -1 if it has. */
  public long bytesIfUnchanged(Digest256 key, long ctime) {
    return ask(
        attached -> {
          SlotCursor at = new SlotCursor();
          boolean same =
              ctime > 0 && attached.keys().find(key, at) && SlotCounts.scannedCtime(at) == ctime;
          return same ? SlotCounts.bytes(at, key) : -1L;
        },
        -1L);
  }

  /** Shows every key that is known to have files, or was. */
  public void forEachKey(Consumer<Digest256> action) {
    tell(
        attached -> {
          for (int stripe = 0; stripe < IndexLayout.STRIPES; stripe++) {
            attached.keys().forEachKey(stripe, action);
          }
        });
  }

  /** The runs of a key that are recorded, but for those whose ids are too long to be. */
  public Set<String> runIds(Digest256 key) {
    return ask(
        attached -> {
          Set<String> runIds = new TreeSet<>();
          for (RecordedEntry entry : attached.entries().entriesOf(key)) {
            if (entry.runId() != null) {
              runIds.add(entry.runId());
            }
          }
          return runIds;
        },
        Set.of());
  }

  /**
   * The latest written stamp of a key's entries, or of such as it had. Needs no lock.
   *
   * @return unix nanoseconds; 0 if none is known
   */
  public long latestWrittenNanos(Digest256 key) {
    return generations.askWord(
        attached -> {
          SlotCursor at = new SlotCursor();
          return attached.keys().find(key, at) ? SlotCounts.latestWritten(at) : 0;
        });
  }

  /** The bytes that an entry is down for; 0 if it is not recorded. */
  public long entryBytes(Digest256 key, String runId) {
    return ask(attached -> Math.max(0, attached.entries().bytes(key, runId)), 0L);
  }

  /** The bytes that a key is down for; 0 if it is not known. */
  public long bytes(Digest256 key) {
    return ask(
        attached -> {
          SlotCursor at = new SlotCursor();
          return attached.keys().find(key, at) ? SlotCounts.bytes(at, key) : 0L;
        },
        0L);
  }

  /**
   * Begins a scan.
   *
   * @return what to end it with: doubts that come up from now on are not settled by it
   */
  public long scanBegins() {
    return ask(attached -> attached.totals().doubt(), 0L);
  }

  /**
   * A scan has ended that has counted every key.
   *
   * @param doubt what it began with
   * @param beganUnixNanos when it began; 0 if it has left a key out, whose stripe could not be got
   * @return whether the total is known now
   */
  public boolean scanEnded(
      long doubt, long beganUnixNanos, long nowUnixNanos, long quarantineBytes) {
    return ask(
        attached -> {
          attached.totals().setQuarantine(quarantineBytes);
          if (beganUnixNanos != 0) {
            attached.totals().scanBegan(beganUnixNanos);
          }
          return attached.totals().settle(doubt, nowUnixNanos);
        },
        false);
  }

  /** When a scan last ended, by any process; 0 never. */
  public long scannedAt() {
    return ask(attached -> attached.totals().scannedAt(), 0L);
  }

  /** When the last scan began that has looked at every key, by any process; 0 never. */
  public long scanBegan() {
    return ask(attached -> attached.totals().scanBegan(), 0L);
  }

  /** Makes the last scan count as none. */
  public void scanIsDue() {
    tell(attached -> attached.totals().scanIsDue());
  }

  /** Files in quarantine were removed. */
  public void quarantineHas(long bytes) {
    tell(attached -> attached.totals().setQuarantine(bytes));
  }

  /**
   * Sums a stripe's bytes up again, after the death of its holder or at the beginning of a scan.
   * The caller holds the stripe. Where that cannot be done, the total is in doubt, and if it is
   * because of what stands in the index, the generation has ended.
   */
  public void recount(StripeLocks.Hold hold) {
    int stripe = hold.stripe();
    change(hold, attached -> accounts.sumUp(attached, stripe));
  }

  /** Something was changed that nobody has been told of. */
  public void doubt() {
    if (!tell(accounts::doubt)) {
      generations.changedUntold();
    }
  }

  /** The next entry to be evicted; empty if there is none but such as are spared. */
  public Optional<RecordedEntry> next() {
    return ask(attached -> Optional.ofNullable(attached.order().next()), Optional.empty());
  }

  /** The entries that were last used at a moment or before. */
  public List<RecordedEntry> usedLastBy(long unixNanos) {
    return ask(attached -> attached.order().usedLastBy(unixNanos), List.of());
  }

  /** Leaves an entry out of the order for now. */
  public void passOver(RecordedEntry entry) {
    tell(attached -> attached.order().passOver(entry));
  }

  /** The next of those that go when nothing else is left; empty if there is none. */
  public Optional<RecordedEntry> nextRetained() {
    return ask(attached -> Optional.ofNullable(attached.order().nextRetained()), Optional.empty());
  }

  /**
   * Begins a sweep: considers again what was passed over, and what was spared for a reason that may
   * have ended.
   */
  public void reconsider(Spared spared) {
    tell(attached -> attached.order().reconsider(spared));
  }

  /** How many entries are recorded. */
  public long count() {
    return ask(attached -> attached.order().count(), 0L);
  }

  /**
   * How often the entries under a key's stripe were changed; -1 if that is not known. The caller
   * holds the stripe.
   */
  public long changes(Digest256 key) {
    return ask(attached -> attached.totals().changes(StripeLocks.stripeOf(key)), -1L);
  }

  private void change(StripeLocks.Hold hold, Consumer<Generation> action) {
    if (!tell(hold.heldAcrossProcesses() ? action : accounts::doubt)) {
      generations.changedUntold();
    }
  }

  private boolean tell(Consumer<Generation> action) {
    return ask(
        attached -> {
          action.accept(attached);
          return true;
        },
        false);
  }

  private <T> T ask(Function<Generation, T> question, T otherwise) {
    return generations.ask(question, otherwise);
  }
}
