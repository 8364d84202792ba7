package io.warmstart.save;

import io.warmstart.foreign.ForeignTouches;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.io.ReplacedFiles;
import io.warmstart.io.ReplacedFiles.Replaced;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.CaseFolding;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.StagedPair;
import io.warmstart.pair.StoreFailures;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import io.warmstart.save.BegunPair.SavedBefore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;

/**
 * Publishes a staged pair, and makes its names durable.
 *
 * <ol>
 *   <li>Under the key's lock open the files of the version before, if there is one, and hold them
 *       until the names are durable; rename the payload, rename the manifest, look whether both are
 *       there, tell the index.
 *   <li>Sync the directory; the root too, if the directory's own name may not be durable.
 *   <li>Where a store that knows no lock was seen of late, look once more: it may have removed the
 *       pair between its reading the old manifest and its reading the new payload.
 * </ol>
 *
 * <p>Safe for all threads.
 */
public final class PublishFlow {
  private static final long FOREIGN_REMOVAL = Long.MIN_VALUE;

  private final CaseFolding caseFolding;
  private final PairWriter pairWriter;
  private final Publisher publisher;
  private final ReplacedFiles replaced;
  private final StripeLocks stripes;
  private final RecoveringLocks locks;
  private final ForeignTouches foreignTouches;
  private final KnownRuns knownRuns;
  private final NamesMadeAgain namesMadeAgain;
  private final Notices notices;
  private final Counters counters;

  public PublishFlow(
      CaseFolding caseFolding,
      PairWriter pairWriter,
      Publisher publisher,
      ReplacedFiles replaced,
      StripeLocks stripes,
      RecoveringLocks locks,
      ForeignTouches foreignTouches,
      KnownRuns knownRuns,
      NamesMadeAgain namesMadeAgain,
      Notices notices,
      Counters counters) {
    this.caseFolding = caseFolding;
    this.pairWriter = pairWriter;
    this.publisher = publisher;
    this.replaced = replaced;
    this.stripes = stripes;
    this.locks = locks;
    this.foreignTouches = foreignTouches;
    this.knownRuns = knownRuns;
    this.namesMadeAgain = namesMadeAgain;
    this.notices = notices;
    this.counters = counters;
  }

  /**
   * Publishes.
   *
   * @param open the key's directory
   * @param look at the key, from before the staging
   * @return false if a foreign store has removed it
   */
  boolean run(KeyDirectories.Use open, KeyCensus.Look look, StagedPair pair, BegunPair save)
      throws IOException {
    long failedBefore = open.failedSyncs();
    ReplacedFiles.Held held = replaced.hold();
    try {
      long removals = commit(open, look, pair, held, save);
      if (removals == FOREIGN_REMOVAL) {
        return false;
      }
      if (save.superseded) {
        // The save that has published the later one may not have come to its sync.
        makeNamesDurable(open, failedBefore, save);
        return true;
      }
      boolean sameDirectory = makeNamesDurable(open, failedBefore, save);
      save.published++;
      save.manifest = pair.manifest();
      return (sameDirectory && !foreignTouches.areNear())
          || stillInPlace(pair, removals, save.mayReplace);
    } finally {
      // Not sooner: what is freed before the sync of the directory, that sync waits for.
      held.close();
    }
  }

  /**
   * Renames the pair into place, unless it gives way to a later version.
   *
   * @return how many removals the key's stripe counted then, or {@link #FOREIGN_REMOVAL}
   */
  private long commit(
      KeyDirectories.Use open,
      KeyCensus.Look look,
      StagedPair pair,
      ReplacedFiles.Held held,
      BegunPair save)
      throws IOException {
    KeyDirectory directory = save.directory;
    try (KeyUpdate update = locks.acquire(directory)) {
      if (hasLater(update, pair, save)) {
        giveWay(open, update, pair, save);
      } else if (!rename(update, look, pair, held, save)) {
        return FOREIGN_REMOVAL;
      }
      return update.removals();
    } catch (Publisher.CutOffException e) {
      throw durabilityUnknown(
          "save was cut off and will be completed later", directory, e.reason());
    } catch (IOException | RuntimeException | Error e) {
      pairWriter.discard(pair, e);
      throw e;
    }
  }

  /** Whether the run of what was saved before has a later version by now. */
  private boolean hasLater(KeyUpdate update, StagedPair pair, BegunPair save) throws IOException {
    SavedBefore savedBefore = save.savedBefore;
    if (savedBefore == null) {
      return false;
    }
    if (!update.heldAcrossProcesses()) {
      // Of two that make pairs of one run the one with the older version must see the other's.
      throw new IOException("the key's lock could not be taken");
    }
    return savedBefore.isLater().isThere()
        || publisher.hasAsLate(save.directory, pair.runId(), savedBefore.written());
  }

  /** The later version is what is in place: its names may be in doubt. */
  private void giveWay(KeyDirectories.Use open, KeyUpdate update, StagedPair pair, BegunPair save)
      throws IOException {
    SavedBefore savedBefore = Objects.requireNonNull(save.savedBefore);
    save.superseded = true;
    pairWriter.discard(pair, new IOException("the run has a later version"));
    update.begin();
    if (open.namesMayBeInDoubt() || savedBefore.inDoubt()) {
      namesMadeAgain.makeAgain(save.directory, pair.runId());
      update.recount();
    }
    savedBefore.inPlace().run();
  }

  /** Returns false if a foreign store has removed it at once. */
  private boolean rename(
      KeyUpdate update,
      KeyCensus.Look look,
      StagedPair pair,
      ReplacedFiles.Held held,
      BegunPair save)
      throws IOException {
    Publisher.Before before = Publisher.Before.NOTHING;
    if (save.mayReplace) {
      caseFolding.requireOwnName(save.directory, pair.runId());
      before = publisher.before(pair);
      held.open(
          new Replaced(save.directory.payload(pair.runId()), before.payload()),
          new Replaced(save.directory.manifest(pair.runId()), before.manifest()));
      foreignTouches.noteReplaced(pair, before.manifest(), update.changes());
    }
    update.beginOfRun(pair.runId(), look);
    boolean inPlace;
    try {
      inPlace = publisher.publish(pair);
    } catch (NoSuchFileException e) {
      // Somebody removes files here, and which of them is not known.
      save.renamed = true;
      throw e;
    }
    if (!save.renamed) {
      save.addedBytes = pair.bytes() - before.bytes();
    }
    save.renamed = true;
    if (save.savedBefore != null && inPlace) {
      save.savedBefore.inPlace().run();
    }
    update.published(EntryFacts.of(pair.runId(), pair.manifest(), pair.bytes()), before.bytes());
    if (!inPlace) {
      return false;
    }
    if (save.remember || save.savedBefore != null) {
      knownRuns.published(pair, save.remember);
    }
    foreignTouches.noteLeft(pair, update.changes());
    return true;
  }

  /** Returns false if others have removed the directory meanwhile, and perhaps made it again. */
  private boolean makeNamesDurable(KeyDirectories.Use open, long failedBefore, BegunPair save) {
    KeyDirectory directory = save.directory;
    try {
      return open.sync(failedBefore);
    } catch (NoSuchFileException e) {
      // Evicted by now, directory and all, or destroyed: the look at the pair tells which.
      return false;
    } catch (IOException e) {
      syncFailed(directory, e);
      throw durabilityUnknown(
          "saved and visible, but the directory could not be synced", directory, e);
    }
  }

  /** A sync has failed: of what was staged in a directory, or of the directory itself. */
  void syncFailed(KeyDirectory directory, IOException because) {
    counters.count(StoreCounter.SYNC_FAILURES);
    notices.troubleAgain(Kind.SYNC, "a sync has failed: directory=" + directory.path(), because);
  }

  private static DurabilityUnknownException durabilityUnknown(
      String what, KeyDirectory directory, IOException because) {
    return new DurabilityUnknownException(
        what + ": " + StoreFailures.describe(because) + " file=" + directory.path(), because);
  }

  /** Whether the pair is there, or one of us has removed or replaced it by design. */
  private boolean stillInPlace(StagedPair pair, long removals, boolean overwritten) {
    foreignTouches.waitOut(pair, overwritten);
    if (publisher.stands(pair)) {
      return true;
    }
    return removals == -1 || stripes.removals(pair.directory().key()) != removals;
  }
}
