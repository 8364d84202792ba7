package io.warmstart.lookup;

import io.warmstart.access.Expiry;
import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.journal.JournalView;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Explanation;
import io.warmstart.model.Explanation.Verdict;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairReader.PairRead;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.policy.Limits;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.RankingRule;
import io.warmstart.ranking.Rankings;
import io.warmstart.segment.JournalEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/** Says who would win a lookup and why: the choice of {@link LookupFlow}, without its effects. */
public final class ExplainFlow {
  private static final int MOST_LOOKS = 8;

  private final RootDirectory root;
  private final PairReader reader;
  private final JournalView journal;
  private final Expiry expiry;
  private final EpochNanoClock clock;

  public ExplainFlow(
      RootDirectory root,
      PairReader reader,
      JournalView journal,
      Expiry expiry,
      EpochNanoClock clock) {
    this.root = root;
    this.reader = reader;
    this.journal = journal;
    this.expiry = expiry;
    this.clock = clock;
  }

  public Explanation run(Fingerprint key, Ranking ranking, Limits limits) {
    KeyDirectory directory = root.directory(key.digest());
    try {
      return explain(key, directory, ranking, limits);
    } catch (IOException e) {
      throw StoreFailures.ofReading("explain failed", directory.path(), e);
    }
  }

  /** Once more if a version has left the journal meanwhile: its pair may have come too late. */
  private Explanation explain(
      Fingerprint key, KeyDirectory directory, Ranking ranking, Limits limits) throws IOException {
    for (int look = 1; ; look++) {
      AtomicBoolean hasLeft = new AtomicBoolean();
      Explanation explanation = explain(key, directory, ranking, limits, hasLeft);
      if (!hasLeft.get() || look == MOST_LOOKS) {
        return explanation;
      }
    }
  }

  private Explanation explain(
      Fingerprint key,
      KeyDirectory directory,
      Ranking ranking,
      Limits limits,
      AtomicBoolean hasLeft)
      throws IOException {
    // Before the files: what goes from the one is in the other.
    JournalledRuns journalled = new JournalledRuns(journal.entriesOf(directory.key()));
    KeyListing listing = KeyListing.withSizes(root.ops(), directory);
    List<Candidate> candidates = journalled.over(listing.candidates());
    Map<String, String> unusable = new HashMap<>();
    List<Candidate> usable = new ArrayList<>();
    long now = clock.nanoTime();
    for (Candidate candidate : candidates) {
      if (expiry.isExpired(limits, directory.key(), candidate)) {
        unusable.put(candidate.runId(), expired(directory, candidate, limits));
        continue;
      }
      JournalEntry entry = journalled.entry(candidate);
      String mismatch = entry == null ? mismatch(directory, candidate) : mismatch(entry, hasLeft);
      Manifest staged =
          mismatch == null || entry != null ? null : reader.cutOff(directory, candidate.runId());
      if (staged != null) {
        usable.add(new Candidate(candidate.runId(), staged));
      } else if (mismatch == null) {
        usable.add(candidate);
      } else {
        unusable.put(candidate.runId(), mismatch);
      }
    }
    List<Candidate> order = Rankings.rule(ranking).preferenceOrder(usable);
    List<Verdict> verdicts = ranked(ranking, order, now);
    for (Candidate candidate : candidates) {
      String reason = unusable.get(candidate.runId());
      if (reason != null) {
        verdicts.add(verdict(candidate, false, reason + aheadOfClock(candidate, now)));
      }
    }
    for (KeyListing.Suspect suspect : listing.suspects()) {
      verdicts.add(unreadable(suspect.runId(), suspect.described()));
    }
    addOrphans(listing, verdicts);
    return new Explanation(
        key,
        ranking,
        order.isEmpty() ? Optional.empty() : Optional.of(order.get(0).runId()),
        verdicts);
  }

  private String expired(KeyDirectory directory, Candidate candidate, Limits limits) {
    return "expired: last used at "
        + expiry.withKnownUse(directory.key(), candidate).lastUse()
        + ", ttl "
        + Duration.ofNanos(limits.ttlNanos());
  }

  private List<Verdict> ranked(Ranking ranking, List<Candidate> order, long now) {
    List<Verdict> verdicts = new ArrayList<>();
    for (int place = 0; place < order.size(); place++) {
      String reason =
          place == 0
              ? won(ranking, order)
              : lost(Rankings.rule(ranking), order.get(0), order.get(place));
      verdicts.add(verdict(order.get(place), true, reason + aheadOfClock(order.get(place), now)));
    }
    return verdicts;
  }

  /** A stamp that some clock made which was wrong, or ours is. */
  private static String aheadOfClock(Candidate candidate, long nowUnixNanos) {
    Stamp lastUse = candidate.manifest().lastUse();
    return lastUse.toUnixNanosSaturated() - nowUnixNanos > Expiry.AHEAD_NANOS
        ? "; stamped ahead of the clock: expected<="
            + Stamp.ofUnixNanos(nowUnixNanos)
            + " actual="
            + lastUse
        : "";
  }

  private static void addOrphans(KeyListing listing, List<Verdict> verdicts) {
    listing
        .strayPayloads()
        .forEach(runId -> verdicts.add(unreadable(runId, "payload without a manifest")));
  }

  private @Nullable String mismatch(KeyDirectory directory, Candidate candidate) {
    try {
      PairRead read = reader.read(directory, candidate.runId(), candidate.manifest());
      PayloadMemory memory = read.memory();
      if (memory != null) {
        memory.release();
      }
      return read.mismatch();
    } catch (IOException e) {
      return "payload cannot be read: "
          + StoreFailures.describe(e)
          + " file="
          + directory.payload(candidate.runId());
    }
  }

  private @Nullable String mismatch(JournalEntry entry, AtomicBoolean hasLeft) {
    try {
      JournalView.Read read = journal.read(entry);
      if (read == null) {
        hasLeft.set(true);
        return "replaced, or made into a pair, since this look began";
      }
      read.memory().release();
      return null;
    } catch (IOException e) {
      return "payload cannot be read from the journal: " + StoreFailures.describeWithFile(e);
    }
  }

  private static String won(Ranking ranking, List<Candidate> order) {
    Manifest winner = order.get(0).manifest();
    return switch (ranking) {
      case LATEST -> "latest written: " + winner.written();
      case FINAL_FIRST ->
          winner.finalResult()
              ? "latest final result, written " + winner.written()
              : "no final result; " + wonByObjective(winner, order);
      case LOWEST_OBJECTIVE -> wonByObjective(winner, order);
    };
  }

  private static String wonByObjective(Manifest winner, List<Candidate> order) {
    if (winner.objective().isEmpty()) {
      return "no entry has an objective; latest written: " + winner.written();
    }
    boolean tie =
        order.size() > 1
            && order.get(1).manifest().objective().isPresent()
            && Math.abs(
                    order.get(1).manifest().objective().getAsDouble()
                        - winner.objective().getAsDouble())
                < RankingRule.OBJECTIVE_TIE;
    String objective = "lowest objective: " + winner.objective().getAsDouble();
    return tie ? objective + ", a tie won by " + tieReason(winner, order.get(1)) : objective;
  }

  private static String tieReason(Manifest winner, Candidate second) {
    return winner.finalResult() && !second.manifest().finalResult()
        ? "being final"
        : "being the latest written";
  }

  private static String lost(RankingRule rule, Candidate winner, Candidate loser) {
    Manifest won = winner.manifest();
    Manifest lost = loser.manifest();
    if (rule == RankingRule.LATEST) {
      return won.written().equals(lost.written())
          ? "written at the same moment, the winner being final or of the later run id"
          : "written earlier: " + lost.written();
    }
    if (rule == RankingRule.FINAL_FIRST && won.finalResult()) {
      return lost.finalResult() ? "written earlier: " + lost.written() : "only a checkpoint";
    }
    if (won.objective().isPresent() && lost.objective().isEmpty()) {
      return "has no objective";
    }
    if (won.objective().isEmpty()) {
      return "written earlier: " + lost.written();
    }
    double difference = lost.objective().getAsDouble() - won.objective().getAsDouble();
    if (Math.abs(difference) < RankingRule.OBJECTIVE_TIE) {
      return won.finalResult() && !lost.finalResult()
          ? "ties in objective, but is only a checkpoint"
          : "ties in objective, but was written earlier: " + lost.written();
    }
    return "higher objective: "
        + lost.objective().getAsDouble()
        + " against "
        + won.objective().getAsDouble();
  }

  private static Verdict verdict(Candidate candidate, boolean usable, String reason) {
    Manifest manifest = candidate.manifest();
    return new Verdict(
        candidate.runId(),
        usable,
        manifest.objective(),
        manifest.iteration(),
        Optional.of(manifest.finalResult() ? EntryKind.FINAL : EntryKind.CHECKPOINT),
        manifest.written().unixSecs(),
        manifest.written().nanos(),
        manifest.payloadBytes(),
        reason);
  }

  private static Verdict unreadable(String runId, String reason) {
    return new Verdict(
        runId,
        false,
        OptionalDouble.empty(),
        OptionalLong.empty(),
        Optional.empty(),
        0,
        0,
        -1,
        reason);
  }
}
