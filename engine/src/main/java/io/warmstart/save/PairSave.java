package io.warmstart.save;

import io.warmstart.foreign.ForeignTouches;
import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.index.EntryFacts;
import io.warmstart.index.KeyCensus;
import io.warmstart.io.IoFailure;
import io.warmstart.io.ReplacedFiles;
import io.warmstart.io.ReplacedFiles.Replaced;
import io.warmstart.journal.JournalEntry;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.Digest256;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.CaseFolding;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StagedPair;
import io.warmstart.pair.StampSource;
import io.warmstart.pair.StoreFailures;
import io.warmstart.pair.SyncFailedException;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A save into files, from the caller's bytes to a pair that survives a power cut.
 *
 * <ol>
 *   <li>Open the key's directory, making it if need be.
 *   <li>Stage payload and manifest in it, and sync both.
 *   <li>Under the key's lock open the files of the version before, if there is one, and hold them
 *       until the names are durable; rename the payload, rename the manifest, look whether both are
 *       there, tell the index.
 *   <li>Sync the directory; the root too, if the directory's own name may not be durable.
 *   <li>Where a store that knows no lock was seen of late, look once more: it may have removed the
 *       pair between its reading the old manifest and its reading the new payload.
 *   <li>Bring the root within its budget, sparing the entry that was saved.
 * </ol>
 *
 * <p>A directory that vanishes and a pair that a foreign store removes send the save back to the
 * first step, with jitter, for 32 attempts and for two seconds. A failed sync ends it.
 *
 * <p>Why a pair that was in place is gone, the files do not tell: a foreign reader may have read
 * the manifest before it and the payload after, and then it must be published again; or a foreign
 * eviction took it, as it may take any entry, and then it was saved. A reader can do so only with a
 * manifest that it read before the first publication. So a pair that is removed again and again was
 * evicted.
 */
public final class PairSave {
  /**
   * How often a save tries to get its pair in place at least, however long each attempt takes: one
   * that waits for a disk, or for a lock, says nothing about the next.
   */
  private static final int LEAST_ATTEMPTS = 32;

  /**
   * And how long at least. A foreign sweep removes a directory that is empty, and between making
   * one and staging in it a thread can lose its processor many times in a row.
   */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /**
   * Once the pair was in place: each takes some milliseconds, in which a foreign reader is done.
   */
  private static final int MOST_REPUBLICATIONS = 8;

  private static final long LONGEST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final RootDirectory root;
  private final KeyDirectories keyDirectories;
  private final CaseFolding caseFolding;
  private final PairWriter pairWriter;
  private final Publisher publisher;
  private final ReplacedFiles replaced;
  private final StripeLocks stripes;
  private final RecoveringLocks locks;
  private final ForeignTouches foreignTouches;
  private final StampSource stamps;
  private final KnownRuns knownRuns;
  private final Runnable leaveTraces;
  private final Notices notices;
  private final Counters counters;
  private final Consumer<SavedEntry> keepBudget;

  /**
   * Makes the flow of one store.
   *
   * @param stamps the moments of writes
   * @param leaveTraces has the next sweep look for what a failed save may have left
   * @param keepBudget is given each entry that was saved
   */
  public PairSave(
      RootDirectory root,
      KeyDirectories keyDirectories,
      CaseFolding caseFolding,
      PairWriter pairWriter,
      Publisher publisher,
      ReplacedFiles replaced,
      StripeLocks stripes,
      RecoveringLocks locks,
      ForeignTouches foreignTouches,
      StampSource stamps,
      KnownRuns knownRuns,
      Runnable leaveTraces,
      Notices notices,
      Counters counters,
      Consumer<SavedEntry> keepBudget) {
    this.root = root;
    this.keyDirectories = keyDirectories;
    this.caseFolding = caseFolding;
    this.pairWriter = pairWriter;
    this.publisher = publisher;
    this.replaced = replaced;
    this.stripes = stripes;
    this.locks = locks;
    this.foreignTouches = foreignTouches;
    this.stamps = stamps;
    this.knownRuns = knownRuns;
    this.leaveTraces = leaveTraces;
    this.notices = notices;
    this.counters = counters;
    this.keepBudget = keepBudget;
  }

  /**
   * Saves a new version.
   *
   * @param remember whether the next version of the run may go into the journal
   */
  void run(
      Digest256 key,
      String runId,
      Payload source,
      EntryAttributes attributes,
      boolean mayReplace,
      boolean remember) {
    PairWriter.Attributes staged =
        new PairWriter.Attributes(
            attributes.objective(), attributes.iteration(), attributes.kind() == EntryKind.FINAL);
    publish(key, runId, source, staged, mayReplace, new Progress(null, remember));
  }

  /**
   * Makes the pair of a version that was saved in the journal, unless its run has a later one.
   *
   * @param inPlace is run under the key's lock once one of them is in place
   * @throws StoreException as a save does, and if the key's lock was not to be had
   */
  public void makePair(JournalEntry entry, Payload source, Runnable inPlace) {
    PairWriter.Attributes attributes =
        new PairWriter.Attributes(entry.objective(), entry.iteration(), entry.finalResult());
    Progress progress =
        new Progress(new SavedBefore(entry.written(), null, () -> false, inPlace), false);
    publish(entry.key(), entry.runId(), source, attributes, true, progress);
  }

  /**
   * Makes the pair of a version that was saved on another machine, with the manifest that it has
   * there, unless its run has that version or a later one.
   *
   * @param isLater says under the key's lock whether a later one lies elsewhere than in a pair
   * @return whether it was put in place
   * @throws StoreException as a save does, and if the key's lock was not to be had
   */
  public boolean adopt(
      Digest256 key, String runId, Manifest manifest, Payload source, LaterVersion isLater) {
    PairWriter.Attributes attributes =
        new PairWriter.Attributes(
            manifest.objective(), manifest.iteration(), manifest.finalResult());
    Progress progress =
        new Progress(new SavedBefore(manifest.written(), manifest, isLater, () -> {}), false);
    publish(key, runId, source, attributes, true, progress);
    return !progress.superseded;
  }

  /**
   * What a version has that was saved before, in the journal or elsewhere.
   *
   * @param written its stamp
   * @param manifest its manifest; null if it has none yet
   * @param isLater says whether a later one lies elsewhere than in a pair
   * @param inPlace is told when files take its place
   */
  private record SavedBefore(
      Stamp written, @Nullable Manifest manifest, LaterVersion isLater, Runnable inPlace) {}

  /** Whether a run has a later version somewhere. */
  @FunctionalInterface
  public interface LaterVersion {
    boolean isThere() throws IOException;
  }

  private void publish(
      Digest256 key,
      String runId,
      Payload source,
      PairWriter.Attributes attributes,
      boolean mayReplace,
      Progress progress) {
    KeyDirectory directory = root.directory(key);
    Manifest saved;
    try {
      saved = publish(directory, runId, source, attributes, mayReplace, progress);
    } catch (SyncFailedException e) {
      failed();
      syncFailed(directory, e);
      throw StoreFailures.ofWriting(progress.failure(), directory.path(), e);
    } catch (IOException e) {
      failed();
      throw StoreFailures.ofWriting(progress.failure(), directory.path(), e);
    } catch (RuntimeException | Error e) {
      failed();
      throw e;
    }
    if (!progress.superseded) {
      keepBudget.accept(new SavedEntry(key, runId, saved, progress.addedBytes));
    }
  }

  /** What the attempts of one save have changed. */
  private static final class Progress {
    /** The version, if it was saved before. */
    final @Nullable SavedBefore savedBefore;

    /** Whether the run becomes a known one. */
    final boolean remember;

    /** Whether its run had a later version already. */
    boolean superseded;

    /** How often the pair was in place, as far as this process saw. */
    int published;

    /** The manifest that was in place last. */
    @Nullable Manifest manifest;

    /** What the first publication has added to the root, beyond what it replaced. */
    long addedBytes;

    /** Whether files were renamed, which others have removed since. */
    boolean renamed;

    Progress(@Nullable SavedBefore savedBefore, boolean remember) {
      this.savedBefore = savedBefore;
      this.remember = remember;
    }

    String failure() {
      if (published > 0) {
        return "save failed, after other programs had removed what it had published";
      }
      return renamed
          ? "save failed, and other programs have removed files of it or of the version before it"
          : "save failed, nothing was changed";
    }
  }

  /** Where a save fails, removing what it has staged may fail too: the next sweep looks. */
  private void failed() {
    counters.count(Counter.SAVE_FAILURES);
    leaveTraces.run();
  }

  private Manifest publish(
      KeyDirectory directory,
      String runId,
      Payload source,
      PairWriter.Attributes attributes,
      boolean mayReplace,
      Progress progress)
      throws IOException {
    IOException vanished = null;
    long began = System.nanoTime();
    int attempt = 0;
    for (; attempt < LEAST_ATTEMPTS || System.nanoTime() - began < PATIENCE_NANOS; attempt++) {
      if (attempt > 0) {
        backOff(attempt);
      }
      KeyCensus.Look look = locks.look(directory);
      try (KeyDirectories.Use open = keyDirectories.use(directory);
          StagedPair pair = stage(directory, runId, source, attributes, progress.savedBefore)) {
        if (publishStaged(open, directory, look, pair, mayReplace || attempt > 0, progress)) {
          return pair.manifest();
        }
        if (progress.published > MOST_REPUBLICATIONS) {
          break;
        }
        counters.count(Counter.REPUBLISHED);
        foreignTouches.destroyed();
      } catch (NoSuchFileException e) {
        // A sibling has removed the directory while it was empty, or somebody the staged files.
        vanished = e;
      }
    }
    if (progress.manifest != null) {
      counters.count(Counter.REMOVED_BY_OTHERS);
      return progress.manifest;
    }
    throw new IOException(
        "gave up after " + attempt + " attempts: others keep removing what is being saved",
        vanished);
  }

  /** Stages, once more if what overwrites have replaced is in the way. */
  private StagedPair stage(
      KeyDirectory directory,
      String runId,
      Payload source,
      PairWriter.Attributes attributes,
      @Nullable SavedBefore savedBefore)
      throws IOException {
    caseFolding.requireOwnName(directory);
    long freed = replaced.freed();
    try {
      return stageOnce(directory, runId, source, attributes, savedBefore);
    } catch (SyncFailedException | NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      boolean wanting =
          switch (IoFailure.of(e, directory.path())) {
            case FULL -> true;
            case READ_ONLY, PERMISSION, DESCRIPTORS, OTHER -> false;
          };
      if (!wanting) {
        throw e;
      }
      replaced.closeAll();
      // By us, or a moment ago by its own thread.
      if (replaced.freed() == freed) {
        throw e;
      }
      return stageOnce(directory, runId, source, attributes, savedBefore);
    }
  }

  private StagedPair stageOnce(
      KeyDirectory directory,
      String runId,
      Payload source,
      PairWriter.Attributes attributes,
      @Nullable SavedBefore savedBefore)
      throws IOException {
    if (savedBefore == null) {
      return pairWriter.stage(directory, runId, source, attributes, stamps);
    }
    Manifest manifest = savedBefore.manifest();
    return manifest == null
        ? pairWriter.stage(directory, runId, source, attributes, same -> savedBefore.written())
        : pairWriter.stage(directory, runId, source, manifest);
  }

  /**
   * Publishes a staged pair and makes its names durable.
   *
   * @return false if a foreign store has removed it
   */
  private boolean publishStaged(
      KeyDirectories.Use open,
      KeyDirectory directory,
      KeyCensus.Look look,
      StagedPair pair,
      boolean mayReplace,
      Progress progress)
      throws IOException {
    ReplacedFiles.Held held = replaced.hold();
    try {
      long removals = commit(directory, look, pair, mayReplace, held, progress);
      if (removals == FOREIGN_REMOVAL) {
        return false;
      }
      if (progress.superseded) {
        // Whoever has published the later one may not have come to its sync.
        makeNamesDurable(open, directory);
        return true;
      }
      boolean sameDirectory = makeNamesDurable(open, directory);
      progress.published++;
      progress.manifest = pair.manifest();
      return (sameDirectory && !foreignTouches.areNear())
          || stillInPlace(directory, pair, removals, mayReplace);
    } finally {
      // Not sooner: what is freed before the sync of the directory, that sync waits for.
      held.close();
    }
  }

  private static final long FOREIGN_REMOVAL = Long.MIN_VALUE;

  /**
   * Renames the pair into place.
   *
   * @return how many removals the key's stripe counted then, or {@link #FOREIGN_REMOVAL}
   */
  private long commit(
      KeyDirectory directory,
      KeyCensus.Look look,
      StagedPair pair,
      boolean mayReplace,
      ReplacedFiles.Held held,
      Progress progress)
      throws IOException {
    try (KeyUpdate update = locks.acquire(directory)) {
      SavedBefore savedBefore = progress.savedBefore;
      if (savedBefore != null) {
        if (!update.heldAcrossProcesses()) {
          // Of two that make pairs of one run the one with the older version must see the other's.
          throw new IOException("the key's lock was not to be had");
        }
        if (savedBefore.isLater().isThere()
            || publisher.hasAsLate(directory, pair.runId(), savedBefore.written())) {
          progress.superseded = true;
          pairWriter.discard(pair, new IOException("the run has a later version"));
          update.begin();
          savedBefore.inPlace().run();
          return update.removals();
        }
      }
      Publisher.Before before = Publisher.Before.NOTHING;
      if (mayReplace) {
        caseFolding.requireOwnName(directory, pair.runId());
        before = publisher.before(pair);
        held.open(
            new Replaced(directory.payload(pair.runId()), before.payload()),
            new Replaced(directory.manifest(pair.runId()), before.manifest()));
        foreignTouches.noteReplaced(pair, before.manifest(), update.changes());
      }
      update.beginOfRun(pair.runId(), look);
      boolean inPlace;
      try {
        inPlace = publisher.publish(pair);
      } catch (NoSuchFileException e) {
        // Somebody removes files here, and which of them is not known.
        progress.renamed = true;
        throw e;
      }
      if (!progress.renamed) {
        progress.addedBytes = pair.bytes() - before.bytes();
      }
      progress.renamed = true;
      if (savedBefore != null && inPlace) {
        savedBefore.inPlace().run();
      }
      update.published(EntryFacts.of(pair.runId(), pair.manifest(), pair.bytes()), before.bytes());
      if (!inPlace) {
        return FOREIGN_REMOVAL;
      }
      if (progress.remember || savedBefore != null) {
        knownRuns.published(pair, progress.remember);
      }
      foreignTouches.noteLeft(pair, update.changes());
      return update.removals();
    } catch (Publisher.CutOffException e) {
      throw durabilityUnknown(
          "save was cut off and will be completed later", directory, e.reason());
    } catch (IOException | RuntimeException | Error e) {
      pairWriter.discard(pair, e);
      throw e;
    }
  }

  /** Returns false if others have removed the directory meanwhile, and perhaps made it again. */
  private boolean makeNamesDurable(KeyDirectories.Use open, KeyDirectory directory) {
    try {
      return open.sync();
    } catch (NoSuchFileException e) {
      // Evicted by now, directory and all, or destroyed: the look at the pair tells which.
      return false;
    } catch (IOException e) {
      syncFailed(directory, e);
      throw durabilityUnknown(
          "saved and visible, but the directory could not be synced", directory, e);
    }
  }

  private void syncFailed(KeyDirectory directory, IOException because) {
    counters.count(Counter.SYNC_FAILURES);
    notices.troubleAgain(Kind.SYNC, "a sync has failed: directory=" + directory.path(), because);
  }

  private static DurabilityUnknownException durabilityUnknown(
      String what, KeyDirectory directory, IOException because) {
    return new DurabilityUnknownException(
        what + ": " + StoreFailures.describe(because) + " file=" + directory.path(), because);
  }

  /** Whether the pair is there, or one of us has removed or replaced it by design. */
  private boolean stillInPlace(
      KeyDirectory directory, StagedPair pair, long removals, boolean overwritten) {
    foreignTouches.waitOut(pair, overwritten);
    if (publisher.stands(pair)) {
      return true;
    }
    return removals == -1 || stripes.removals(directory.key()) != removals;
  }

  private static void backOff(int attempt) {
    long most = Math.min(LONGEST_BACKOFF_NANOS, 20_000L << Math.min(attempt, 10));
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
  }
}
