package io.warmstart.index;

import io.warmstart.index.table.RecordedEntry;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What stands in the index, for the audit, which compares it with the files. Looks and changes
 * nothing; what of it can be right at one moment only is asked for under the stripe, shared.
 *
 * <p>Safe for all threads.
 */
public final class RecordedIndex {
  private final CurrentGeneration generations;

  public RecordedIndex(Index index) {
    this.generations = index.generations();
  }

  /**
   * An entry that is recorded.
   *
   * @param bytes what it is down for
   */
  public record Recorded(RecordedEntry entry, long bytes) {}

  /**
   * A key as it is recorded.
   *
   * @param known whether anybody has ever counted something of it
   * @param bytes of all its files; -1 if the number was written by nobody
   * @param countedCtime the change time of its directory as of when it was counted, or 0
   */
  public record RecordedKey(boolean known, long bytes, long countedCtime, List<Recorded> entries) {}

  /**
   * A winner that no check refuses.
   *
   * @param ctime the directory's when it was read; negative if it was too young to tell of changes
   * @param manifestCtime its manifest's; 0 if that was too young
   */
  public record RecordedWinner(
      boolean miss, long version, boolean withoutDirectory, long ctime, long manifestCtime) {
    /** Whether it is this one, or for null nobody. */
    public boolean is(IndexedWinner other) {
      return miss == other.isMiss() && version == other.version();
    }
  }

  /**
   * The sums of a stripe.
   *
   * @param bytes what the stripe is down for; -1 if the number was written by nobody
   * @param bytesOfKeys the sum over its keys; -1 if one of them is unknown
   * @param keys those that have bytes, entries or a version that wins
   */
  public record RecordedStripe(long bytes, long bytesOfKeys, Set<Digest256> keys) {}

  /** Whether all keys have been counted, and nothing has come into doubt since. */
  public boolean counted() {
    return ask(attached -> attached.totals().complete()).orElse(false);
  }

  /** When the last scan began that has looked at every key; unix nanoseconds, 0 if none has. */
  public long scanBegan() {
    return ask(attached -> attached.totals().scanBegan()).orElse(0L);
  }

  /** The bytes in quarantine; -1 if the number was written by nobody; empty without an index. */
  public Optional<Long> quarantineBytes() {
    return ask(attached -> attached.totals().quarantine());
  }

  /** A key, whose stripe the caller holds; empty if there is no index. */
  public Optional<RecordedKey> key(Digest256 key) {
    return ask(
        attached -> {
          SlotCursor at = new SlotCursor();
          boolean slot = attached.keys().find(key, at);
          List<Recorded> entries = new ArrayList<>();
          for (RecordedEntry entry : attached.entries().entriesOf(key)) {
            entries.add(new Recorded(entry, attached.entries().bytes(entry)));
          }
          long bytes = slot ? SlotCounts.bytes(at, key) : 0;
          long countedCtime = slot ? SlotCounts.scannedCtime(at) : 0;
          boolean known = bytes != 0 || countedCtime != 0 || !entries.isEmpty();
          return new RecordedKey(known, bytes, countedCtime, entries);
        });
  }

  /**
   * The winner of a key that readers believe as long as the change time is right; empty if none.
   */
  public Optional<RecordedWinner> winner(Digest256 key, int ranking) {
    return ask(attached -> {
          SlotCursor at = new SlotCursor();
          IndexedWinner winner = new IndexedWinner();
          if (!attached.keys().find(key, at) || !attached.keys().read(at, key, ranking, winner)) {
            return Optional.<RecordedWinner>empty();
          }
          long ctime = winner.ctime();
          boolean withoutDirectory = ctime >= 0 && (ctime & IndexLayout.NO_DIRECTORY) != 0;
          return Optional.of(
              new RecordedWinner(
                  winner.isMiss(),
                  winner.version(),
                  withoutDirectory,
                  withoutDirectory ? ctime & ~IndexLayout.NO_DIRECTORY : ctime,
                  winner.manifestCtime()));
        })
        .flatMap(found -> found);
  }

  /** The stripe that the caller holds; empty if there is no index. */
  public Optional<RecordedStripe> stripe(StripeLocks.Hold hold) {
    int stripe = hold.stripe();
    return ask(
        attached -> {
          Set<Digest256> keys = new TreeSet<>();
          SlotCursor at = new SlotCursor();
          long[] sum = new long[1];
          attached
              .keys()
              .forEachKey(
                  stripe,
                  key -> {
                    long bytes = attached.keys().find(key, at) ? SlotCounts.bytes(at, key) : 0;
                    if (bytes != 0 || hasWinner(attached, key, at)) {
                      keys.add(key);
                    }
                    sum[0] = bytes < 0 || sum[0] < 0 ? -1 : sum[0] + bytes;
                  });
          attached.entries().entries(stripe).forEach(entry -> keys.add(entry.key()));
          return new RecordedStripe(attached.totals().bytes(stripe), sum[0], keys);
        });
  }

  private static boolean hasWinner(Generation attached, Digest256 key, SlotCursor at) {
    IndexedWinner winner = new IndexedWinner();
    for (int ranking = 0; ranking < IndexLayout.WINNERS; ranking++) {
      if (attached.keys().find(key, at)
          && attached.keys().read(at, key, ranking, winner)
          && !winner.isMiss()) {
        return true;
      }
    }
    return false;
  }

  private <T> Optional<T> ask(Function<Generation, T> question) {
    return generations.ask(question.andThen(Optional::of), Optional.empty());
  }
}
