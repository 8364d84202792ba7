package io.warmstart.journal;

import io.warmstart.format.Run;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.process.Counters;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.RecordScan;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes pairs of what the dead have left in the journal. The process that gets a segment's lock
 * may: its owner is gone then. A segment that was given up is never appended to again; when all of
 * it is in pairs it is removed. An adopter that dies meanwhile is followed by another, which goes
 * on behind what is marked as done, or makes the same pairs once more.
 *
 * <p>What cannot be read is set aside, not removed.
 *
 * <p>Safe for all threads: the kernel's lock lets one of them through.
 */
public final class Adoption {
  /** The housekeeper has other things to do: what is left is made in the next round. */
  private static final long ROUND_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * A caller that needs it all waits, but not for ever: the disk may be slow, or its first adopter
   * stopped.
   */
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** For others that are at it: a disk may be slow. */
  private static final long FINDING_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final JournalPlace place;
  private final SegmentFiles files;
  private final JournalView view;
  private final PairMaker pairs;
  private final Counters counters;
  private final GivingUp givingUp;
  private final Set<Integer> unreadable = ConcurrentHashMap.newKeySet();

  public Adoption(JournalPlace place, JournalView view, PairMaker pairs, Counters counters) {
    this.place = place;
    this.files = place.files();
    this.givingUp = new GivingUp(place);
    this.view = view;
    this.pairs = pairs;
    this.counters = counters;
  }

  /**
   * Adopts segments whose owners are gone, for a second or so.
   *
   * @return how many segments it has asked for in vain, as the living hold them
   * @throws IOException if the journal cannot be listed, or some segment not be read
   * @throws StoreException if some pair could not be made: the segment stays
   */
  public int run() throws IOException {
    return run(System.nanoTime() + ROUND_NANOS);
  }

  /**
   * Has all be found that the dead have left, before the first answer of a process: what a disk has
   * that was away may lack the marks that say so. See {@link GivingUp}.
   *
   * @throws IOException if the journal cannot be listed, or some segment not be read
   */
  public void findLeft() throws IOException {
    if (view.hasSegments()) {
      Failures failures = new Failures();
      givingUp.run(files.list().numbers(), false, System.nanoTime() + FINDING_NANOS, failures);
      failures.raise();
    }
  }

  /**
   * Adopts all segments whose owners are gone, and waits for what others are adopting.
   *
   * @throws IOException as {@link #run}, or if that took more than a minute
   */
  public void runToEnd() throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    for (run(deadline); anyIsGivenUp(); run(deadline)) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("a segment is being adopted for more than a minute");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private int run(long deadline) throws IOException {
    if (!view.hasSegments()) {
      return 0;
    }
    SegmentFiles.Listed listed = files.list();
    Failures failures = new Failures();
    for (int number : listed.staged()) {
      failures.attempt(() -> underLock(number, () -> files.removeStaged(number)));
    }
    long patience = Math.min(ROUND_NANOS, deadline - System.nanoTime());
    List<Integer> free =
        givingUp.run(listed.numbers(), true, System.nanoTime() + patience, failures);
    for (int number : free) {
      failures.attempt(() -> underLock(number, () -> adopt(number, deadline)));
    }
    failures.raise();
    return listed.numbers().size() - free.size();
  }

  /** Whether somebody is adopting one, or has begun to and died. */
  private boolean anyIsGivenUp() throws IOException {
    boolean any = false;
    try {
      for (int number : view.hasSegments() ? files.list().numbers() : List.<Integer>of()) {
        Segment segment = files.map(number, false);
        any |= segment != null && segment.hasLayout() && segment.isGivenUp();
      }
      MappedFaults.raisePending();
      return any;
    } catch (InternalError e) {
      // Its adopter meets the same, and tells.
      return false;
    }
  }

  /** Does nothing if somebody else holds the lock. */
  private void underLock(int number, Failures.Step step) throws IOException {
    FileLock lock = place.siblings().tryLockSegment(number);
    if (lock == null) {
      return;
    }
    try {
      step.run();
    } finally {
      place.siblings().releaseSegment(lock);
    }
  }

  private void adopt(int number, long deadline) throws IOException {
    Segment segment = files.map(number, true);
    if (segment == null) {
      return;
    }
    boolean whole;
    try {
      if (!segment.hasLayout() || !segment.isGivenUp()) {
        // Another version's: told by the view. Or of a process that has begun since.
        MappedFaults.raisePending();
        return;
      }
      Adopted adopted = new Adopted(segment);
      if (!adopted.makePairs(deadline)) {
        // The rest in the next round.
        return;
      }
      whole = !adopted.damaged;
      MappedFaults.raisePending();
    } catch (InternalError e) {
      if (unreadable.add(number)) {
        throw new IOException("a page of a dead process's segment is gone: " + number, e);
      }
      // Not for a truncation meanwhile, then: nor when it was mapped again.
      whole = false;
    }
    unreadable.remove(number);
    if (files.leadsTo(number, segment.identity())) {
      if (whole) {
        files.remove(number);
      } else {
        counters.count(StoreCounter.JOURNAL_FAILURES);
        files.setAside(number);
      }
      place.segmentsChanged();
    }
  }

  /** A segment that was given up, and what is in it. Pairs of many runs several threads make. */
  private final class Adopted {
    private final Segment segment;

    /** The versions of each run, the latest last. */
    private final Map<Run, List<JournalEntry>> versions = new LinkedHashMap<>();

    /** Whether something in it cannot be read. */
    private volatile boolean damaged;

    private Adopted(Segment segment) {
      this.segment = segment;
    }

    /**
     * Makes the pairs.
     *
     * @return whether there was time for all
     * @throws StoreException if some could not be made
     */
    private boolean makePairs(long deadline) throws IOException {
      if (segment.isBeginning()) {
        // All of the life before was in pairs, and nothing of this one was acknowledged yet.
        return true;
      }
      damaged = !segment.isWhole();
      RecordScan scan = new RecordScan(segment, segment.salt());
      long done = segment.done();
      long missing = scan.searchToEnd(done, segment.durable(), this::add);
      damaged |= missing > 0;
      MappedFaults.raisePending();
      AtomicBoolean passedOver = new AtomicBoolean();
      Pairing.makeEach(
          due(done),
          run -> {
            if (System.nanoTime() - deadline > 0) {
              passedOver.set(true);
            } else {
              makePair(run);
              // Of this thread.
              MappedFaults.raisePending();
            }
          });
      if (passedOver.get()) {
        return false;
      }
      if (!damaged) {
        // A process that still has it mapped shows nothing of it any more.
        segment.done(segment.length());
      }
      return true;
    }

    /** The runs that are in no durable pair yet. */
    private List<List<JournalEntry>> due(long done) {
      List<List<JournalEntry>> due = new ArrayList<>(versions.size());
      for (List<JournalEntry> run : versions.values()) {
        JournalEntry latest = run.get(run.size() - 1);
        if (latest.end() > done && (segment.marks(latest) & JournalLayout.SETTLED) == 0) {
          due.add(run);
        }
      }
      return due;
    }

    /** By their stamps: one that was reserved early may have been committed late. */
    private void add(JournalEntry entry) {
      List<JournalEntry> run = versions.computeIfAbsent(entry.run(), key -> new ArrayList<>(2));
      int at = run.size();
      while (at > 0 && run.get(at - 1).writtenNanos() > entry.writtenNanos()) {
        at--;
      }
      run.add(at, entry);
    }

    /** Of the latest version that can be read. */
    private void makePair(List<JournalEntry> run) {
      for (int at = run.size() - 1; at >= 0; at--) {
        JournalEntry entry = run.get(at);
        byte[] payload;
        try {
          payload = segment.payload(entry);
        } catch (InternalError e) {
          payload = null;
        }
        if (payload != null) {
          // A pair was put in place, and its owner has not lived to see that it is durable.
          boolean inDoubt = (segment.marks(entry) & JournalLayout.PAIRED) != 0;
          pairs.make(entry, Payload.of(payload), inDoubt, () -> mark(run, JournalLayout.PAIRED));
          mark(run, JournalLayout.SETTLED);
          return;
        }
        damaged = true;
        files.tellLost(entry);
      }
    }

    private void mark(List<JournalEntry> run, long mark) {
      run.forEach(entry -> segment.mark(entry, mark));
    }
  }
}
