package io.warmstart.lookup;

import io.warmstart.access.Expiry;
import io.warmstart.foreign.ForeignTouches;
import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.ReadStamp;
import io.warmstart.index.Readings;
import io.warmstart.index.table.RecordedRun;
import io.warmstart.io.FileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.journal.JournalView;
import io.warmstart.key.KeyRecount;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.PairReader;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.policy.Limits;
import io.warmstart.process.StripeLocks;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.PossibleWinners;
import io.warmstart.ranking.Rankings;
import io.warmstart.segment.JournalEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A lookup by what the index has recorded of a key's entries: no directory is listed, and of all
 * the manifests one is read. What the journal holds is laid over it.
 *
 * <ol>
 *   <li>Take the state of the key; look into the journal; ask the index which entries may win
 *       ({@link KeyCensus}). If the key has changed meanwhile, again, in the end under its lock.
 *   <li>Choose. Read the winner's manifest, which must say what is recorded, and its payload.
 * </ol>
 *
 * <p>Whatever is not as it should be is for {@link FileLookup} to find out. Safe for all threads.
 */
public final class RecordedLookup {
  private static final int MOST_LOOKS = 4;
  private static final int LOOKS_WITHOUT_LOCK = 2;

  /** Listed as soon as the directory is at rest: then hits are answered from memory for good. */
  private static final int FEW = 32;

  private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /**
   * While no program is seen that takes no lock of ours, what one changes beside a save of ours may
   * be found so many intervals later: a listing costs as much as hundreds of looks.
   */
  private static final int MOST_INTERVALS = 100;

  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** And for so long, for each entry: the listings of a key are a small part of what is done. */
  private static final long NANOS_FOR_ENTRY = TimeUnit.MILLISECONDS.toNanos(1);

  /** And so after a sign of such a program: several times as long as a listing takes. */
  private static final long NANOS_FOR_ENTRY_SOON = TimeUnit.MICROSECONDS.toNanos(100);

  private final FileOps ops;
  private final Readings readings;
  private final KeyCensus census;
  private final StripeLocks stripes;
  private final JournalView journal;
  private final PairReader reader;
  private final Expiry expiry;
  private final ForeignTouches foreignTouches;
  private final CensusRefresh refresh;

  public RecordedLookup(
      FileOps ops,
      Readings readings,
      KeyCensus census,
      StripeLocks stripes,
      JournalView journal,
      PairReader reader,
      Expiry expiry,
      ForeignTouches foreignTouches,
      CensusRefresh refresh) {
    this.ops = ops;
    this.readings = readings;
    this.census = census;
    this.stripes = stripes;
    this.journal = journal;
    this.reader = reader;
    this.expiry = expiry;
    this.foreignTouches = foreignTouches;
    this.refresh = refresh;
  }

  /**
   * A winner, with its payload.
   *
   * @param readStamp to fill the index with it
   */
  record Found(ReadStamp readStamp, JournalView.Read read) {}

  /**
   * How old an answer may be with respect to programs without an index.
   *
   * @param foreignCheckNanos so old, or older beside changes of ours
   * @param listedSince unix nanoseconds: what was listed since is young enough in any case
   */
  record Age(long foreignCheckNanos, long listedSince) {
    static Age within(long foreignCheckNanos) {
      return new Age(foreignCheckNanos, Long.MAX_VALUE);
    }
  }

  /**
   * Looks up.
   *
   * @param age how old an answer may be with respect to programs without an index
   * @return null if the files must be asked
   */
  @Nullable Found run(KeyDirectory directory, Wanted wanted, Limits limits, Age age)
      throws IOException {
    for (int look = 0; look < MOST_LOOKS; look++) {
      Choice choice =
          look < LOOKS_WITHOUT_LOCK
              ? choice(directory.key(), wanted, age)
              : choiceUnderLock(directory.key(), wanted, age);
      if (choice == null) {
        return null;
      }
      Candidate winner = choice.winner;
      if (winner == null) {
        // It has changed meanwhile.
        continue;
      }
      if (choice.journalled == null) {
        ManifestFile file = ManifestFile.readOrNull(ops, directory.manifest(winner.runId()));
        if (file == null) {
          return null;
        }
        Manifest manifest = file.manifest();
        if (!isAsRecorded(manifest, winner.manifest())) {
          continue;
        }
        winner = new Candidate(winner.runId(), manifest);
        foreignTouches.noteTraceIn(winner);
      }
      if (expiry.isExpired(limits, directory.key(), winner)) {
        return null;
      }
      JournalView.Read read = read(directory, winner, choice.journalled);
      if (read != null) {
        return new Found(choice.readStamp, read);
      }
      if (choice.journalled == null) {
        // It does not fit its manifest.
        return null;
      }
    }
    return null;
  }

  /**
   * Whether a final result may win by {@link Ranking#FINAL_FIRST}: one does, or the index does not
   * know. Its payload is not looked at.
   */
  boolean mayHaveFinal(Digest256 key, long foreignCheckNanos) throws IOException {
    Choice choice =
        choice(key, new Wanted(Ranking.FINAL_FIRST, null), Age.within(foreignCheckNanos));
    Candidate winner = choice == null ? null : choice.winner;
    return winner == null || winner.manifest().finalResult();
  }

  /** What a look has come to: the winner, or null if the key was changing. */
  private record Choice(
      ReadStamp readStamp, @Nullable Candidate winner, @Nullable JournalEntry journalled) {}

  private @Nullable Choice choiceUnderLock(Digest256 key, Wanted wanted, Age age)
      throws IOException {
    try (StripeLocks.Hold hold =
        // To list so many takes longer than most have to wait for the lock.
        census.count(key) > KeyRecount.MOST_UNDER_LOCK
            ? stripes.acquireShortly(key)
            : stripes.acquireBriefly(key)) {
      return hold.heldAcrossProcesses() && !hold.broken() ? choice(key, wanted, age) : null;
    }
  }

  /** Null if the index does not know. */
  private @Nullable Choice choice(Digest256 key, Wanted wanted, Age age) throws IOException {
    ReadStamp readStamp = readings.beforeRead(key, RacyWindow.systemNanos());
    if (readStamp == null || readStamp.seenCtime() < 0) {
      return null;
    }
    // Before the index is asked: what goes from the journal is recorded by then.
    Map<Long, JournalEntry> later = laterThanRecorded(key, wanted);
    PossibleWinners possible = new PossibleWinners(wanted.ranking());
    later
        .values()
        .forEach(each -> possible.add(objective(each), each.writtenNanos(), each.finalResult()));
    Terms terms = new Terms(readStamp, age);
    KeyCensus.Answer answer =
        wanted.runId() == null
            ? census.preferred(readStamp, possible, later.keySet(), terms)
            : census.run(readStamp, wanted.runId(), terms);
    if (answer.state() == KeyCensus.State.DISTURBED || !readings.stillHolds(readStamp)) {
      // A census is replaced, and is none for whoever reads half of the one and of the other.
      return new Choice(readStamp, null, null);
    }
    if (answer.state() == KeyCensus.State.UNKNOWN) {
      return null;
    }
    if (answer.asOf() != 0 && terms.entries > KeyRecount.MOST_UNDER_LOCK) {
      refresh.ask(key, answer.asOf(), answer.asOf() + terms.most / 4 * 3);
    }
    List<Candidate> recorded = new ArrayList<>();
    for (RecordedRun run : answer.runs()) {
      recorded.add(new Candidate(run.runId(), manifest(run)));
    }
    List<JournalEntry> among = new ArrayList<>();
    for (JournalEntry entry : later.values()) {
      if (possible.include(objective(entry), entry.writtenNanos(), entry.finalResult())) {
        among.add(entry);
      }
    }
    JournalledRuns journalled = new JournalledRuns(among);
    Candidate winner =
        Rankings.rule(wanted.ranking()).winner(journalled.over(recorded)).orElse(null);
    if (winner == null) {
      return null;
    }
    ReadStamp asOf =
        answer.asOf() == 0
            ? readStamp
            : readStamp.provisional(
                answer.asOf(), answer.asOf() + terms.most - age.foreignCheckNanos);
    return new Choice(asOf, winner, journalled.entry(winner));
  }

  /** The versions in the journal that the index does not know of yet, by their runs. */
  private Map<Long, JournalEntry> laterThanRecorded(Digest256 key, Wanted wanted)
      throws IOException {
    Map<Long, JournalEntry> later = new HashMap<>();
    for (JournalEntry entry : journal.entriesOf(key)) {
      if (wanted.isOf(entry.runId())
          && entry.writtenNanos() > census.writtenNanos(key, entry.runId())) {
        later.put(Checksums.ofRunId(entry.runId()), entry);
      }
    }
    return later;
  }

  private static double objective(JournalEntry entry) {
    return entry.objective().orElse(Double.NaN);
  }

  private Manifest manifest(RecordedRun run) {
    return Manifest.ofNewEntry(
        Manifest.PRODUCER,
        Stamp.ofUnixNanos(run.writtenNanos()),
        Double.isNaN(run.objective()) ? OptionalDouble.empty() : OptionalDouble.of(run.objective()),
        OptionalLong.empty(),
        run.finalResult(),
        JournalledRuns.NO_CHECKSUM,
        0);
  }

  private static boolean isAsRecorded(Manifest manifest, Manifest recorded) {
    return manifest.written().equals(recorded.written())
        && manifest.objective().equals(recorded.objective())
        && manifest.finalResult() == recorded.finalResult();
  }

  private JournalView.@Nullable Read read(
      KeyDirectory directory, Candidate winner, @Nullable JournalEntry journalled)
      throws IOException {
    if (journalled != null) {
      return journal.read(journalled);
    }
    PayloadMemory memory = reader.read(directory, winner.runId(), winner.manifest()).memory();
    return memory == null ? null : new JournalView.Read(winner, memory);
  }

  /** For how long changes may be left that others make beside changes of ours. */
  private final class Terms implements KeyCensus.Terms {
    private final ReadStamp readStamp;
    private final Age age;
    private int entries;
    private long most;

    private Terms(ReadStamp readStamp, Age age) {
      this.readStamp = readStamp;
      this.age = age;
    }

    @Override
    public long mostAge(int of) {
      entries = of;
      long foreignCheckNanos = age.foreignCheckNanos;
      boolean atRest = readStamp.directoryCtime() >= 0 && entries <= FEW;
      if (atRest || foreignTouches.haveLeftSigns()) {
        most =
            Math.max(
                Math.min(foreignCheckNanos, SOON_NANOS),
                foreignCheckNanos == 0 || atRest ? 0 : entries * NANOS_FOR_ENTRY_SOON);
      } else {
        long listings = foreignCheckNanos == 0 ? 0 : entries * NANOS_FOR_ENTRY;
        most =
            Math.max(
                Math.max(foreignCheckNanos, listings),
                Math.min(MOST_NANOS, foreignCheckNanos * MOST_INTERVALS));
      }
      return Math.max(most, readStamp.atUnixNanos() - age.listedSince + 1);
    }
  }
}
