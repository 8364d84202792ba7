package io.warmstart.journal;

import io.warmstart.format.Run;
import io.warmstart.runtime.FirstTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The versions of this process in the journal that are in no durable pair, by run, and which of
 * them are to become one. Under the monitor of the journal.
 */
final class UnpairedRuns {
  /** Of the times until which pairs are made: all of them. */
  static final long ALL = Long.MAX_VALUE;

  /** The versions of a run, in the order in which they were saved. */
  private static final class Versions {
    // An ArrayDeque that finds no memory to grow in is empty afterwards, or seems so.
    @SuppressWarnings("JdkObsolete")
    private final LinkedList<Pending> pending = new LinkedList<>();

    /** When the run came to the others: of the monotonic clock. */
    private final long cameNanos;

    /** For how long it has needed a pair: since then, or since its last pair. */
    private long sinceNanos;

    private Versions(Pending first) {
      this.cameNanos = first.appendedAtNanos();
      this.sinceNanos = cameNanos;
    }

    private @Nullable Pending latestAcknowledged() {
      for (Iterator<Pending> each = pending.descendingIterator(); each.hasNext(); ) {
        Pending version = each.next();
        if (version.acknowledged() && !version.done()) {
          return version;
        }
      }
      return null;
    }
  }

  /** In the order in which they have come. */
  private final LinkedHashMap<Run, Versions> runs = FirstTable.of(new LinkedHashMap<>());

  /** When the pair of a run last could not be made. */
  private final Map<Run, Long> refused = FirstTable.of(new HashMap<>());

  boolean isEmpty() {
    return runs.isEmpty();
  }

  void clear() {
    runs.clear();
    refused.clear();
  }

  void add(Pending record) {
    runs.computeIfAbsent(record.entry().run(), run -> new Versions(record)).pending.add(record);
  }

  /**
   * The latest version of each run that has needed a pair since then.
   *
   * @param untilNanos of the monotonic clock, or {@link #ALL}
   * @param retryNanos for so long after a failure a run is passed over
   */
  List<Pending> due(long untilNanos, long retryNanos) {
    List<Pending> due = new ArrayList<>();
    long now = System.nanoTime();
    for (Map.Entry<Run, Versions> run : runs.entrySet()) {
      Versions versions = run.getValue();
      if (untilNanos != ALL && versions.cameNanos - untilNanos > 0) {
        // Those that come later in the map have come later.
        break;
      }
      if (untilNanos != ALL && versions.sinceNanos - untilNanos > 0) {
        continue;
      }
      Long refusedAt = refused.get(run.getKey());
      Pending latest = versions.latestAcknowledged();
      if (latest != null && (refusedAt == null || now - refusedAt >= retryNanos)) {
        due.add(latest);
      }
    }
    return due;
  }

  /** Whether the pair of a run could be made. */
  void tried(Pending version, boolean failed) {
    if (failed) {
      refused.put(version.entry().run(), System.nanoTime());
    } else {
      refused.remove(version.entry().run());
    }
  }

  /**
   * The segments that cannot be emptied, whatever becomes a pair: what is in them of a run whose
   * pair could not be made stays.
   *
   * @param withinNanos the runs of which that was tried no longer ago
   */
  Set<OwnedFile> stuck(long withinNanos) {
    Set<OwnedFile> stuck = new HashSet<>();
    long now = System.nanoTime();
    for (Map.Entry<Run, Long> each : refused.entrySet()) {
      Versions versions = runs.get(each.getKey());
      if (versions != null && now - each.getValue() < withinNanos) {
        versions.pending.stream().filter(any -> !any.done()).forEach(any -> stuck.add(any.in()));
      }
    }
    return stuck;
  }

  /** The latest version of the same run. */
  @Nullable Pending latestOf(Pending version) {
    Versions versions = runs.get(version.entry().run());
    return versions == null ? null : versions.latestAcknowledged();
  }

  /** Each acknowledged version of a run up to one of them. */
  void untilEach(Pending last, Consumer<Pending> action) {
    Versions versions = runs.get(last.entry().run());
    for (Pending version : versions == null ? List.<Pending>of() : versions.pending) {
      if (version.acknowledged() && !version.done()) {
        action.accept(version);
      }
      if (version == last) {
        return;
      }
    }
  }

  /**
   * A version needs no pair once a later one of its run is as durable as a pair: its segment may
   * begin another life. So a loop that saves large states makes a pair a second, and not one a
   * segment.
   */
  void supersede() {
    for (Versions versions : runs.values()) {
      boolean superseded = false;
      for (Iterator<Pending> each = versions.pending.descendingIterator(); each.hasNext(); ) {
        Pending version = each.next();
        if (version.acknowledged() && !version.done()) {
          if (superseded) {
            version.supersede();
          }
          superseded |= version.entry().place().powerSafe();
        }
      }
    }
  }

  /**
   * Whether a version can go without a pair: a power cut may take it anyway, and a later version of
   * its run lies in another segment. A power cut then takes the run back to its last durable
   * version. Not while the run's pair cannot be made: that version would get older and older.
   */
  boolean givesWay(Pending version) {
    Versions versions = runs.get(version.entry().run());
    Pending latest = versions == null ? null : versions.latestAcknowledged();
    return version.acknowledged()
        && latest != null
        && latest.in() != version.in()
        && latest.in().usable()
        && !refused.containsKey(version.entry().run())
        && !version.isDurable();
  }

  /**
   * A run of which a pair was made needs another one from its next version on. Needs no memory for
   * what stays: a version that is forgotten becomes no pair.
   */
  void forgetDone() {
    for (Iterator<Map.Entry<Run, Versions>> each = runs.entrySet().iterator(); each.hasNext(); ) {
      Map.Entry<Run, Versions> run = each.next();
      Versions versions = run.getValue();
      boolean paired = versions.pending.removeIf(Pending::paired);
      // Whatever stands before them: of a run that is saved on and on there may be millions.
      versions.pending.removeIf(Pending::done);
      if (versions.pending.isEmpty()) {
        each.remove();
        refused.remove(run.getKey());
      } else if (paired) {
        versions.sinceNanos = versions.pending.getFirst().appendedAtNanos();
      }
    }
  }
}
