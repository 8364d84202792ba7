package io.warmstart.index;

import io.warmstart.index.table.IndexMapper;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.io.FileOps;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.notice.Notices;
import io.warmstart.payload.PayloadCache;
import io.warmstart.process.Counters;
import io.warmstart.process.Placement;
import io.warmstart.process.StripeLocks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The index of a root: attached to the mapped files that all processes share, and told of what
 * changes in the root. What it knows of winners is asked of {@link Winners} and filled in by {@link
 * Readings}, what it knows of entries and bytes of {@link KeyCensus} and {@link SpaceLedger}. Where
 * its files cannot be mapped, and once it is closed, it answers that it does not know, and the
 * root's files decide.
 *
 * <p>What is asked of it is guarded against pages that are gone: {@link CurrentGeneration#guarded}.
 *
 * <p>Safe for all threads.
 */
public final class Index implements AutoCloseable {
  private final CurrentGeneration generations;
  private final ForeignChanges foreign;

  /**
   * Makes the index of a root; it attaches when it is first asked.
   *
   * @param place where the index lies
   * @param boot the boot id of all who use it
   * @param readOnly whether this process may not write: it reads what others keep up, and keeps to
   *     itself what it has in memory
   */
  public Index(
      StripeLocks stripes,
      Path root,
      Placement place,
      FileOps ops,
      LongSupplier boot,
      Notices notices,
      Counters counters,
      PayloadCache payloads,
      boolean readOnly) {
    this(
        stripes,
        root,
        place,
        ops,
        notices,
        counters,
        payloads,
        new IndexMapper(place.directory(), ops, boot, readOnly));
  }

  /** Makes the index of a root over files that come from anywhere. */
  Index(
      StripeLocks stripes,
      Path root,
      Placement place,
      FileOps ops,
      Notices notices,
      Counters counters,
      PayloadCache payloads,
      IndexMapper mapper) {
    this.generations = new CurrentGeneration(stripes, notices, counters, payloads, mapper);
    this.foreign = new ForeignChanges(root, place, ops);
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
          attached.files().keysChanged(generations.nextChanges());
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
      Generation attached = generations.current();
      if (attached == null) {
        generations.changedUntold();
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
    return generations.askWord(attached -> attached.files().keysWord());
  }

  /** The keys of which files are counted. */
  List<Digest256> countedKeys() {
    return generations.ask(
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
    if (!found || SlotCounts.bytes(at, key) <= 0) {
      attached.files().keysChanged(generations.nextChanges());
    }
    if (found) {
      attached.keys().change(at, generations.nextChanges());
    }
    return attached.files().live();
  }

  /**
   * Which segments of the journal there are: another value whenever one comes or goes.
   *
   * @return 0 if nobody can tell
   */
  public long segmentsWord() {
    return generations.askWord(attached -> attached.files().segmentsWord());
  }

  /**
   * A segment of the journal has come, and nothing is in it yet; or has gone.
   *
   * @return whether all others learn of it: if not, they do when this process has an index again
   */
  public boolean segmentsChanged() {
    return eachGeneration(
        attached -> {
          attached.files().segmentsChanged(generations.nextChanges());
          return attached.files().live();
        });
  }

  /** For looks at the root. */
  ForeignChanges foreign() {
    return foreign;
  }

  /** Which generation there is to ask. */
  CurrentGeneration generations() {
    return generations;
  }

  /**
   * Detaches if the names no longer lead to the files that are attached. Called by the housekeeper.
   */
  public void heartbeat() {
    generations.heartbeat();
  }

  /**
   * From here on it knows nothing. Frees the payloads in memory that nobody holds a lease on, and
   * those leased after that.
   */
  @Override
  public void close() {
    generations.close();
  }
}
