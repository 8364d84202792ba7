package io.warmstart.index;

import io.warmstart.index.table.Census;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.EntryRecord;
import io.warmstart.index.table.EntryTable;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.index.table.RecordedRun;
import io.warmstart.index.table.Segment;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.PossibleWinners;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which entries a key has, from the index alone: a lookup after a save of ours lists no directory.
 *
 * <p>Who has listed a key's directory takes a census: all entries are recorded. It is settled if
 * the directory's change time shows whatever is changed later: then it holds as long as that time.
 * The process that changes the key's files under its lock suspends it, tells the index of the
 * entry, and renews it; what others change beside that, no change time tells any more. So from then
 * on it is provisional: it holds for as long as the caller is content with, and then the directory
 * is listed again.
 *
 * <p>A death while it is suspended leaves none. The sum over the entries tells that none is missing
 * and none was torn. A change that nobody could be told of raises the doubt, which voids every
 * census.
 *
 * <p>Safe for all threads.
 */
public final class KeyCensus {
  private final CurrentGeneration generations;

  public KeyCensus(Index index) {
    this.generations = index.generations();
  }

  /**
   * A look at a directory before anything was staged in it, which moves its change time too.
   *
   * @param ctime its change time; negative if there is none
   * @param atUnixNanos a moment before
   */
  public record Look(long ctime, long atUnixNanos) {
    /** There is no directory, or it could not be read. */
    public static final Look NONE = new Look(-1, 0);
  }

  /** What a census was before a change, and will be after it. */
  public static final class Suspended {
    private final Generation attached;
    private final Digest256 key;
    private final long runHash;
    private final long doubt;
    private final long asOf;
    private final long sumOfOthers;

    private Suspended(
        Generation attached, Digest256 key, long runHash, long doubt, long asOf, long sumOfOthers) {
      this.attached = attached;
      this.key = key;
      this.runHash = runHash;
      this.doubt = doubt;
      this.asOf = asOf;
      this.sumOfOthers = sumOfOthers;
    }
  }

  /**
   * Suspends the census of a key while the files of one run are changed. The caller holds the key's
   * stripe, shared.
   *
   * @return null if there is none, or nobody knows what others have changed
   */
  public @Nullable Suspended suspend(Digest256 key, String runId, Look look) {
    long runHash = Checksums.ofRunId(runId);
    return ask(
            attached -> {
              SlotCursor at = new SlotCursor();
              if (!attached.keys().find(key, at)) {
                return Optional.<Suspended>empty();
              }
              long doubt = doubt(attached);
              Census census = SlotCounts.census(at, key, doubt);
              SlotCounts.suspendCensus(at);
              if (census == null || (census.ctime() != 0 && census.ctime() != look.ctime())) {
                return Optional.<Suspended>empty();
              }
              return Optional.of(
                  new Suspended(
                      attached,
                      key,
                      runHash,
                      doubt,
                      census.ctime() == 0 ? census.asOf() : look.atUnixNanos(),
                      census.sum() - attached.entries().rankedHash(key, runHash)));
            },
            Optional.<Suspended>empty())
        .orElse(null);
  }

  /** From here on there is none, until the directory is listed again. Needs no lock. */
  public void suspend(Digest256 key) {
    ask(
        attached -> {
          SlotCursor at = new SlotCursor();
          if (attached.keys().find(key, at)) {
            SlotCounts.suspendCensus(at);
          }
          return true;
        },
        false);
  }

  /** The entry is recorded as it is now, or forgotten. Under the same lock. */
  public void renew(Suspended suspended) {
    CurrentGeneration.guarded(
        suspended.attached,
        attached -> {
          long hash = attached.entries().rankedHash(suspended.key, suspended.runHash);
          return put(
              attached,
              suspended.key,
              suspended.doubt,
              new Census(0, suspended.asOf, suspended.sumOfOthers + hash));
        },
        false);
  }

  /** What to hand to {@link #taken}; to be asked before the directory is listed. */
  public long doubt() {
    return ask(KeyCensus::doubt, 0L);
  }

  /**
   * All entries of a key have been listed and recorded. The caller holds its stripe, shared, and
   * none of our processes has changed the key since the listing began.
   *
   * @param doubt from before that
   * @param ctime the directory's change time before that, if it would show a later change; else 0
   * @param asOf a moment before that
   */
  public void taken(Digest256 key, long doubt, long ctime, long asOf) {
    ask(
        attached ->
            put(attached, key, doubt, new Census(ctime, asOf, attached.entries().rankedSum(key))),
        false);
  }

  private static boolean put(Generation attached, Digest256 key, long doubt, Census census) {
    SlotCursor at = new SlotCursor();
    if (!attached.keys().find(key, at)) {
      return false;
    }
    SlotCounts.census(at, key, doubt, census);
    return true;
  }

  /** How old a provisional census of so many entries may be, in nanoseconds. */
  public interface Terms {
    long mostAge(int entries);
  }

  /** What became of a question. */
  public enum State {
    /** The census holds. */
    KNOWN,
    /** Somebody of ours is changing the key: it may hold in a moment. */
    DISTURBED,
    /** List the directory. */
    UNKNOWN
  }

  /**
   * The answer.
   *
   * @param asOf unix nanoseconds from which on changes of others may be hidden; 0 if none are
   * @param runs those of which one wins
   */
  public record Answer(State state, long asOf, List<RecordedRun> runs) {
    private static final Answer UNKNOWN = new Answer(State.UNKNOWN, 0, List.of());
    private static final Answer DISTURBED = new Answer(State.DISTURBED, 0, List.of());
  }

  /**
   * Asks which entries of a key may win.
   *
   * @param readStamp taken before; that it still holds afterwards is for the caller to ask
   * @param possible what else may win was added to it; takes the entries
   * @param passedOver by the hash of their run ids, entries that do not count
   */
  public Answer preferred(
      ReadStamp readStamp, PossibleWinners possible, Set<Long> passedOver, Terms terms) {
    return CurrentGeneration.guarded(
        readStamp.attached,
        attached -> preferred(attached, readStamp, possible, passedOver, terms),
        Answer.UNKNOWN);
  }

  private static Answer preferred(
      Generation attached,
      ReadStamp readStamp,
      PossibleWinners possible,
      Set<Long> passedOver,
      Terms terms) {
    Pass pass = new Pass(possible, passedOver);
    Answer refused = pass(attached, readStamp, terms, pass);
    if (refused != null) {
      return refused;
    }
    List<RecordedRun> runs = new ArrayList<>(2);
    EntryTable entries = attached.entries();
    boolean[] nameless = new boolean[1];
    entries.forEachRanked(
        readStamp.key,
        (segment, offset, runHash, written, objective, last) -> {
          if (pass.counts(runHash) && pass.possible.include(objective, written, last)) {
            String runId = EntryRecord.runId(segment, offset);
            nameless[0] |= runId == null;
            if (runId != null) {
              runs.add(new RecordedRun(runId, written, objective, last));
            }
          }
        });
    return nameless[0] ? Answer.UNKNOWN : new Answer(State.KNOWN, pass.asOf, runs);
  }

  /**
   * Asks for one run.
   *
   * @return it alone, or nothing if the key has no such entry
   */
  public Answer run(ReadStamp readStamp, String runId, Terms terms) {
    return CurrentGeneration.guarded(
        readStamp.attached,
        attached -> {
          Pass pass = new Pass(new PossibleWinners(Ranking.LATEST), Set.of());
          Answer refused = pass(attached, readStamp, terms, pass);
          RecordedRun run = attached.entries().rankedRun(readStamp.key, runId);
          return refused != null
              ? refused
              : new Answer(State.KNOWN, pass.asOf, run == null ? List.of() : List.of(run));
        },
        Answer.UNKNOWN);
  }

  /** Goes through a key's entries. Null if the census holds, and the pass is right then. */
  private static @Nullable Answer pass(
      Generation attached, ReadStamp readStamp, Terms terms, Pass pass) {
    SlotCursor at = new SlotCursor();
    if (!attached.keys().find(readStamp.key, at)) {
      return Answer.UNKNOWN;
    }
    Census census = SlotCounts.census(at, readStamp.key, doubt(attached));
    if (census == null) {
      return SlotCounts.isCensusSuspended(at) ? Answer.DISTURBED : Answer.UNKNOWN;
    }
    if (census.ctime() == 0) {
      pass.asOf = census.asOf();
    } else if (census.ctime() != readStamp.seenCtime()) {
      return Answer.UNKNOWN;
    }
    attached.entries().forEachRanked(readStamp.key, pass);
    if (pass.sum != census.sum()) {
      return Answer.DISTURBED;
    }
    return pass.refused || (pass.asOf != 0 && isTooOld(readStamp, pass, terms))
        ? Answer.UNKNOWN
        : null;
  }

  private static boolean isTooOld(ReadStamp readStamp, Pass pass, Terms terms) {
    long age = readStamp.atUnixNanos() - pass.asOf;
    long most = terms.mostAge(pass.count);
    return age >= most || age < -most;
  }

  /** The first pass over a key's entries. */
  private static final class Pass implements EntryRecord.RankedVisitor {
    private final Set<Long> passedOver;
    private final PossibleWinners possible;
    private long sum;
    private boolean refused;
    private int count;
    private long asOf;

    private Pass(PossibleWinners possible, Set<Long> passedOver) {
      this.possible = possible;
      this.passedOver = passedOver;
    }

    private boolean counts(long runHash) {
      return passedOver.isEmpty() || !passedOver.contains(runHash);
    }

    @Override
    public void visit(
        Segment segment, int offset, long runHash, long written, double objective, boolean last) {
      sum += Checksums.ofRanked(runHash, written, objective, last);
      count++;
      // A stamp that does not fit into a long is one of many that look alike.
      refused |= written == Long.MAX_VALUE || written == Long.MIN_VALUE;
      if (counts(runHash)) {
        possible.add(objective, written, last);
      }
    }
  }

  /**
   * The written stamp of the pair that is recorded of a run.
   *
   * @return unix nanoseconds; {@link Long#MIN_VALUE} if none is
   */
  public long writtenNanos(Digest256 key, String runId) {
    return ask(
        attached -> {
          RecordedRun run = attached.entries().rankedRun(key, runId);
          return run == null ? Long.MIN_VALUE : run.writtenNanos();
        },
        Long.MIN_VALUE);
  }

  /** Whether the index vouches for the entries of a key, whatever others have changed since. */
  public boolean has(Digest256 key) {
    return asOf(key) >= 0;
  }

  /** Unix nanoseconds since when changes of others may be hidden; 0 if none are, -1 if unknown. */
  public long asOf(Digest256 key) {
    return ask(
        attached -> {
          SlotCursor at = new SlotCursor();
          Census census =
              attached.keys().find(key, at) ? SlotCounts.census(at, key, doubt(attached)) : null;
          return census == null ? -1 : census.ctime() == 0 ? census.asOf() : 0;
        },
        -1L);
  }

  /** Whether an entry is recorded just so, as far as rankings go by it. */
  public boolean isRecorded(Digest256 key, Candidate candidate) {
    EntryFacts facts = EntryFacts.of(candidate.runId(), candidate.manifest(), 0);
    return ask(
        attached ->
            attached.entries().rankedHash(key, Checksums.ofRunId(facts.runId())) == hash(facts),
        false);
  }

  /** How many entries of a key are recorded. */
  public int count(Digest256 key) {
    return ask(
        attached -> {
          int[] count = new int[1];
          attached
              .entries()
              .forEachRanked(
                  key, (segment, offset, runHash, written, objective, last) -> count[0]++);
          return count[0];
        },
        0);
  }

  /** The entries of a key that are recorded, but for these. */
  public List<RecordedEntry> othersThan(Digest256 key, Collection<String> runIds) {
    Set<Long> hashes = new HashSet<>();
    runIds.forEach(runId -> hashes.add(Checksums.ofRunId(runId)));
    return ask(
        attached ->
            attached.entries().entriesOf(key).stream()
                .filter(entry -> !hashes.contains(entry.runHash()))
                .toList(),
        List.of());
  }

  private static long hash(EntryFacts facts) {
    return Checksums.ofRanked(
        Checksums.ofRunId(facts.runId()),
        facts.writtenNanos(),
        facts.objective(),
        facts.finalResult());
  }

  private static long doubt(Generation attached) {
    return attached.totals().doubt();
  }

  private <T> T ask(Function<Generation, T> question, T otherwise) {
    return generations.ask(question, otherwise);
  }
}
