package io.warmstart.recover;

import io.warmstart.access.Expiry;
import io.warmstart.index.IndexedWinner;
import io.warmstart.index.RecordedIndex;
import io.warmstart.index.RecordedIndex.Recorded;
import io.warmstart.index.RecordedIndex.RecordedKey;
import io.warmstart.index.RecordedIndex.RecordedWinner;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.io.RacyWindow;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.RootDirectory;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.Rankings;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What the index has of one key beside what a scan finds.
 *
 * <p>The index lags behind by design: it is filled as it is asked, and what stores that know no
 * index do is found by the next scan. So entries and bytes are compared only where the index has
 * vouched for them, which is so
 *
 * <ul>
 *   <li>while the key's directory has the change time that it was counted at, or
 *   <li>once every key has been counted, if the directory has not changed since that scan began, or
 *       this store has been told that there are no foreign stores.
 * </ul>
 *
 * <p>Winners are believed by their check and the directory's change time, and are compared if a
 * lookup would believe them. A last use that lies ahead of the manifest's is a hit that is not on
 * disk yet; one that lies behind it would evict the entry too early.
 */
final class KeyAudit {
  private static final int MOST_LOOKS = 8;

  /** What is not there has no change time. */
  private static final long ABSENT = -1;

  private final RootDirectory root;
  private final RecordedIndex recorded;
  private final RacyWindow racyWindow;
  private final EpochNanoClock clock;

  KeyAudit(
      RootDirectory root, RecordedIndex recorded, RacyWindow racyWindow, EpochNanoClock clock) {
    this.root = root;
    this.recorded = recorded;
    this.racyWindow = racyWindow;
    this.clock = clock;
  }

  /**
   * What is different, one line each; the caller holds the key's stripe, shared.
   *
   * @param foreignStores whether programs without an index may work on the root
   */
  List<String> differences(KeyDirectory directory, boolean foreignStores) throws IOException {
    for (int look = 0; look < MOST_LOOKS; look++) {
      boolean counted = recorded.counted();
      long ctime = ctimeOf(directory.path());
      long rootCtime = ctimeOf(root.path());
      Map<Ranking, RecordedWinner> winners = winners(directory.key());
      Optional<RecordedKey> found = recorded.key(directory.key());
      KeyListing listing = KeyListing.withSizes(root.ops(), directory);
      List<String> differences = new ArrayList<>();
      if (found.isPresent()) {
        RecordedKey key = found.get();
        boolean scanned =
            counted && (!foreignStores || isOlderThanScan(ctime == ABSENT ? rootCtime : ctime));
        if (scanned || (key.countedCtime() > 0 && key.countedCtime() == ctime)) {
          compareEntries(key, listing, differences);
        }
        compareWinners(directory, winners, listing, ctime, rootCtime, differences);
      }
      // A store that takes no lock may have been at work, or a sibling without the lock, which
      // tells that by the winners and the doubt.
      boolean same =
          ctime == ctimeOf(directory.path())
              && rootCtime == ctimeOf(root.path())
              && counted == recorded.counted()
              && winners.equals(winners(directory.key()));
      if (differences.isEmpty() || same) {
        return differences;
      }
    }
    return List.of();
  }

  private Map<Ranking, RecordedWinner> winners(Digest256 key) {
    Map<Ranking, RecordedWinner> winners = new EnumMap<>(Ranking.class);
    for (Ranking ranking : Ranking.values()) {
      recorded
          .winner(key, Rankings.index(ranking))
          .ifPresent(winner -> winners.put(ranking, winner));
    }
    return winners;
  }

  private void compareEntries(RecordedKey key, KeyListing listing, List<String> differences) {
    if (key.bytes() < 0) {
      differences.add("bytes: expected=a number with its check actual=neither");
      return;
    }
    // Told as what it is already, and not counted as what it was when it was recorded.
    Set<String> broken = new HashSet<>(listing.brokenRuns());
    listing.suspects().forEach(suspect -> broken.add(suspect.runId()));
    Map<Long, Recorded> left = new LinkedHashMap<>();
    key.entries().forEach(entry -> left.put(entry.entry().runHash(), entry));
    for (Candidate candidate : listing.candidates()) {
      Recorded entry = left.remove(Checksums.ofRunId(candidate.runId()));
      if (!broken.contains(candidate.runId())) {
        compareEntry(candidate, listing, entry, differences);
      }
    }
    broken.forEach(run -> left.remove(Checksums.ofRunId(run)));
    for (Recorded entry : left.values()) {
      differences.add("entry " + name(entry) + ": expected=none actual=recorded");
    }
    if (broken.isEmpty()) {
      compareBytes(key.bytes(), listing, differences);
    }
  }

  private static String name(Recorded entry) {
    String runId = entry.entry().runId();
    return runId == null ? "of an unknown run" : runId;
  }

  private void compareEntry(
      Candidate candidate, KeyListing listing, @Nullable Recorded entry, List<String> differences) {
    String runId = candidate.runId();
    if (entry == null) {
      differences.add("entry " + runId + ": expected=recorded actual=none");
      return;
    }
    long bytes = listing.pairBytes(runId);
    if (entry.bytes() != bytes) {
      differences.add("entry " + runId + " bytes: expected=" + bytes + " actual=" + entry.bytes());
    }
    EntryFacts facts = EntryFacts.of(runId, candidate.manifest(), bytes);
    // A stamp that lies ahead of the clock is recorded as what it counts for: see Expiry.
    boolean ahead = facts.lastUseNanos() - clock.nanoTime() > Expiry.AHEAD_NANOS;
    if (!ahead && entry.entry().lastUseNanos() < facts.lastUseNanos()) {
      differences.add(
          "entry "
              + runId
              + " last use: expected>="
              + facts.lastUseNanos()
              + " actual="
              + entry.entry().lastUseNanos());
    }
    if (facts.accessed() && !entry.entry().accessed()) {
      differences.add("entry " + runId + " accessed: expected=true actual=false");
    }
  }

  /** Staged files come and go without being told, and count once their owner is dead. */
  private static void compareBytes(long bytes, KeyListing listing, List<String> differences) {
    long all = listing.bytes();
    long most = all;
    for (KeyListing.Leftover leftover : listing.staged()) {
      all -= leftover.bytes();
    }
    if (bytes < all || bytes > most) {
      String expected = all == most ? "=" + all : "=" + all + ".." + most;
      differences.add("bytes: expected" + expected + " actual=" + bytes);
    }
  }

  private void compareWinners(
      KeyDirectory directory,
      Map<Ranking, RecordedWinner> winners,
      KeyListing listing,
      long ctime,
      long rootCtime,
      List<String> differences)
      throws IOException {
    if (!listing.suspects().isEmpty()) {
      return;
    }
    Set<Long> manifestCtimes = new HashSet<>();
    for (Candidate candidate : listing.candidates()) {
      manifestCtimes.add(ctimeOf(directory.manifest(candidate.runId())));
    }
    winners.forEach(
        (ranking, winner) -> {
          Optional<Candidate> best = Rankings.rule(ranking).winner(listing.candidates());
          IndexedWinner expected = new IndexedWinner();
          expected.setMiss();
          best.ifPresent(candidate -> expected.setVersion(candidate, 0));
          // A manifest that was written to in place leaves its directory as it was: lookups see
          // that.
          boolean believed =
              isBelieved(winner, ctime, rootCtime)
                  && (winner.miss()
                      || winner.withoutDirectory()
                      || manifestCtimes.contains(winner.manifestCtime()));
          if (believed && !winner.is(expected)) {
            differences.add(
                "winner by "
                    + ranking.name().toLowerCase(Locale.ROOT)
                    + ": expected="
                    + best.map(Candidate::runId).orElse("none")
                    + " actual="
                    + (winner.miss() ? "none" : "another version"));
          }
        });
  }

  /** One that was read when the directory was young is good for an instant only. */
  private static boolean isBelieved(RecordedWinner winner, long ctime, long rootCtime) {
    return winner.withoutDirectory()
        ? ctime == ABSENT && winner.ctime() == rootCtime
        : ctime != ABSENT && winner.ctime() == ctime;
  }

  /** Whether what has this change time has not changed since a scan that looked at everything. */
  boolean isOlderThanScan(long ctime) {
    long began = Math.min(recorded.scanBegan(), SystemEpochNanoClock.INSTANCE.nanoTime());
    return ctime == ABSENT || !racyWindow.isRacy(ctime, began);
  }

  /** The change time of a file; the same whenever there is none. */
  long ctimeOf(Path file) throws IOException {
    try {
      return root.ops().changedNanos(file);
    } catch (NoSuchFileException e) {
      return ABSENT;
    }
  }
}
