package io.warmstart.index;

import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.IndexMapper;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.payload.PayloadCache;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which generation of the index this process is attached to: found, made, given up and replaced.
 *
 * <p>A generation that is superseded says so before its successor can be attached to. So a process
 * that stores into it and still finds it live has done so before anything could be filled into the
 * successor; a process that finds it superseded stores into the successor's too.
 *
 * <p>Safe for all threads.
 */
final class CurrentGeneration {
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** What is over sooner is told to nobody. */
  private static final long TELL_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LONGEST_BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final StripeLocks stripes;
  private final Notices notices;
  private final Counters counters;
  private final PayloadCache payloads;
  private final IndexMapper mapper;
  private final AtomicLong lastChanges = new AtomicLong(new SecureRandom().nextLong());
  private volatile @Nullable Generation current;
  private volatile boolean failed;
  private volatile boolean untold;
  private volatile boolean closed;
  private volatile long failedAtNanos;
  private volatile long failingSinceNanos;
  private volatile long attachedAtNanos;
  private volatile long beatAtNanos = System.nanoTime();

  CurrentGeneration(
      StripeLocks stripes,
      Notices notices,
      Counters counters,
      PayloadCache payloads,
      IndexMapper mapper) {
    this.stripes = stripes;
    this.notices = notices;
    this.counters = counters;
    this.payloads = payloads;
    this.mapper = mapper;
  }

  /** The generation to ask, which is attached to if need be; null while there is none. */
  @Nullable Generation current() {
    if (readOnly() && System.nanoTime() - beatAtNanos > LONGEST_BEAT_NANOS) {
      // No housekeeper does, and the lookout not while nothing is in use.
      heartbeat();
    }
    Generation attached = current;
    if (attached != null) {
      try {
        if (attached.files().live()) {
          return attached;
        }
        MappedFaults.raisePending();
      } catch (InternalError e) {
        attached.files().lose();
      }
    }
    if (closed) {
      return null;
    }
    long since = System.nanoTime() - failedAtNanos;
    return failed && since < RETRY_NANOS ? null : attach();
  }

  /**
   * Asks the generation that there is.
   *
   * @param otherwise the answer while there is none
   */
  <T extends @Nullable Object> T ask(Function<Generation, T> question, T otherwise) {
    Generation attached = current();
    return attached == null ? otherwise : guarded(attached, question, otherwise);
  }

  /** The same of a word, without allocating one; 0 while there is none. */
  long askWord(ToLongFunction<Generation> question) {
    Generation attached = current();
    if (attached == null) {
      return 0;
    }
    try {
      long answer = question.applyAsLong(attached);
      MappedFaults.raisePending();
      return answer;
    } catch (InternalError e) {
      attached.files().lose();
      return 0;
    }
  }

  /**
   * Asks a generation. An access of a page that is gone surfaces as an InternalError at the next
   * return from native code: that is brought about before an answer is given which rests on
   * nothing, and the generation is then given up.
   */
  static <T extends @Nullable Object> T guarded(
      Generation attached, Function<Generation, T> question, T otherwise) {
    try {
      T answer = question.apply(attached);
      MappedFaults.raisePending();
      return answer;
    } catch (InternalError e) {
      attached.files().lose();
      return otherwise;
    }
  }

  /** Whether this process only reads, and tells nobody of anything. */
  boolean readOnly() {
    return mapper.readOnly();
  }

  /** For a process that may not write: what another has made, and keeps up. */
  private synchronized @Nullable Generation attachForReading() {
    Generation attached = current;
    if (attached != null && attached.files().live()) {
      MappedFaults.raisePending();
      return attached;
    }
    if (failed && System.nanoTime() - failedAtNanos < RETRY_NANOS) {
      return null;
    }
    IndexFiles files;
    try {
      // Lost again as soon as it is attached to, it would be mapped for each lookup.
      files = attached != null && isLostAgain(attached) ? null : mapper.open();
    } catch (IOException | InternalError e) {
      // Not there, or not for this user to read: the files tell all.
      files = null;
    }
    forget(attached);
    current = files == null ? null : new Generation(files, pages -> 0);
    attachedAtNanos = System.nanoTime();
    failed = files == null;
    failedAtNanos = attachedAtNanos;
    if (closed) {
      current = null;
    }
    return current;
  }

  private @Nullable Generation attach() {
    if (readOnly()) {
      return attachForReading();
    }
    String lost = null;
    try (StripeLocks.Hold hold = stripes.acquireAllocation()) {
      Generation attached = current;
      if (attached != null && attached.files().live()) {
        MappedFaults.raisePending();
        return attached;
      }
      if (!hold.heldAcrossProcesses()) {
        throw new IOException("the index cannot be attached to without its lock");
      }
      if (!hold.attached()) {
        // It may be that of another build, whose processes are at work with it: see
        // OtherLayoutException.
        throw new UnattachedException();
      }
      if (attached != null && !failed && isLostAgain(attached)) {
        throw new IOException("the index was lost as soon as it was attached to");
      }
      IndexFiles files = mapper.open();
      if (files == null) {
        lost =
            attached != null
                ? "was lost"
                : mapper.isThereDamaged() ? "that was there could not be used" : null;
        files = mapper.make();
        counters.count(StoreCounter.REBUILDS);
      }
      boolean missed = attached != null || failed;
      forget(attached);
      attached = new Generation(files, this::allocate);
      if (missed) {
        // What we have changed while there was none to be told, nobody has been told of here.
        disown(attached);
      }
      current = attached;
      attachedAtNanos = System.nanoTime();
      failed = false;
      untold = false;
      return attached;
    } catch (IOException | RuntimeException | InternalError e) {
      // No room for it, first of all. Lookups read the files until there is one.
      failed(e);
      return null;
    } finally {
      if (lost != null && !failed) {
        notices.troubleAgain(
            Kind.INDEX, "the index " + lost + " and was made again: " + mapper, null);
      }
    }
  }

  /** There is none for now. */
  private void failed(Throwable because) {
    counters.count(StoreCounter.FILES_ONLY);
    long now = System.nanoTime();
    if (!failed) {
      failingSinceNanos = now;
    }
    failedAtNanos = now;
    failed = true;
    // A process that has no row is told of that by others.
    if (now - failingSinceNanos >= TELL_AFTER_NANOS && !(because instanceof UnattachedException)) {
      notices.troubleAgain(
          Kind.INDEX, "there is no index for now, and lookups read files: " + mapper, because);
    }
  }

  /**
   * Whether this process has lost what it has just attached to, and nobody else has ended it: over
   * a file that it cannot map, or a page that cannot be read. It would lose it again, and each time
   * it attaches it voids what all others have.
   */
  private boolean isLostAgain(Generation attached) {
    return System.nanoTime() - attachedAtNanos < RETRY_NANOS && attached.files().lostAlone();
  }

  private int allocate(int count) {
    Generation attached = current;
    if (attached == null) {
      return 0;
    }
    int page;
    try (StripeLocks.Hold hold = stripes.acquireAllocation()) {
      if (!hold.heldAcrossProcesses()) {
        return 0;
      }
      page = attached.files().allocate(count);
      // Not only where the caller asks: it must not strike in the release of the lock.
      MappedFaults.raisePending();
    }
    if (page == 0 && attached.files().live()) {
      notices.troubleAgain(
          Kind.INDEX,
          "the index has no room for more, and what it does not know is read from files: " + mapper,
          attached.files().growthFailure());
    }
    return page;
  }

  /** This process has no row now. */
  private static final class UnattachedException extends IOException {
    private static final long serialVersionUID = 1L;

    UnattachedException() {
      super("the index cannot be attached to without the coordination file");
    }
  }

  /** A value that no process has stored before: 64 bits that start at random in each process. */
  long nextChanges() {
    return Checksums.mix(lastChanges.addAndGet(0x9e3779b97f4a7c15L));
  }

  /** Something was changed while there was none to be told. To be made up for with the next. */
  void changedUntold() {
    untold = !readOnly();
    Generation attached = current;
    if (attached != null) {
      // Lost by this process; others may be at work with it still.
      guarded(
          attached,
          last -> {
            disown(last);
            return true;
          },
          false);
    }
  }

  /** Voids all that an index knows: somebody has changed files and has not told it. */
  private void disown(Generation attached) {
    // The doubt first: who has read under the next epoch must not believe a census of before.
    attached.totals().doubt(nextChanges());
    attached.keys().changeAll(nextChanges());
    attached.files().segmentsChanged(nextChanges());
    attached.files().keysChanged(nextChanges());
    MappedFaults.raisePending();
  }

  /**
   * Detaches if the files that are attached are not, or no longer, those. Called by the
   * housekeeper.
   */
  void heartbeat() {
    beatAtNanos = System.nanoTime();
    Generation attached = current;
    if (attached == null) {
      return;
    }
    if (!guarded(attached, this::isInPlace, false)) {
      attached.files().lose();
    }
  }

  private boolean isInPlace(Generation attached) {
    return mapper.leadsTo(attached.files()) && attached.files().isOfItsGeneration();
  }

  /** Frees the payloads in memory that nobody holds a lease on, and those leased after that. */
  void close() {
    if (untold) {
      // Others take what they know for valid, and the total for known, until it is made up for.
      attach();
    }
    closed = true;
    Generation attached = current;
    // The mappings go with the garbage collector, once nothing leads to them.
    current = null;
    forget(attached);
  }

  private void forget(@Nullable Generation attached) {
    if (attached != null) {
      attached.cached().forgetAll(entry -> payloads.remove(entry));
    }
  }
}
