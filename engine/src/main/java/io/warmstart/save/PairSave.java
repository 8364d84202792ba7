package io.warmstart.save;

import io.warmstart.foreign.ForeignTouches;
import io.warmstart.format.Manifest;
import io.warmstart.index.KeyCensus;
import io.warmstart.io.IoFailure;
import io.warmstart.io.ReplacedFiles;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Payload;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.CaseFolding;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.PairWriter.ManifestOf;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StagedPair;
import io.warmstart.pair.StoreFailures;
import io.warmstart.pair.SyncFailedException;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.process.Counters;
import io.warmstart.save.BegunPair.SavedBefore;
import io.warmstart.segment.JournalEntry;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A save into files, from the caller's bytes to a pair that survives a power cut.
 *
 * <ol>
 *   <li>Open the key's directory, making it if need be.
 *   <li>Stage payload and manifest in it, and sync both.
 *   <li>Publish them, and make their names durable ({@link PublishFlow}).
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
  private final WrittenStamps stamps;
  private final PublishFlow publishFlow;
  private final ReplacedFiles replaced;
  private final RecoveringLocks locks;
  private final ForeignTouches foreignTouches;
  private final Runnable leaveTraces;
  private final Notices notices;
  private final Counters counters;
  private final AfterSave keepBudget;

  /**
   * Makes the flow of one store.
   *
   * @param leaveTraces has the next sweep look for what a failed save may have left
   * @param keepBudget is run after each save
   */
  public PairSave(
      RootDirectory root,
      KeyDirectories keyDirectories,
      CaseFolding caseFolding,
      PairWriter pairWriter,
      WrittenStamps stamps,
      PublishFlow publishFlow,
      ReplacedFiles replaced,
      RecoveringLocks locks,
      ForeignTouches foreignTouches,
      Runnable leaveTraces,
      Notices notices,
      Counters counters,
      AfterSave keepBudget) {
    this.root = root;
    this.keyDirectories = keyDirectories;
    this.caseFolding = caseFolding;
    this.pairWriter = pairWriter;
    this.stamps = stamps;
    this.publishFlow = publishFlow;
    this.replaced = replaced;
    this.locks = locks;
    this.foreignTouches = foreignTouches;
    this.leaveTraces = leaveTraces;
    this.notices = notices;
    this.counters = counters;
    this.keepBudget = keepBudget;
  }

  /**
   * Saves a new version.
   *
   * @param source its payload, wherever that lies by now
   * @param remember whether the next version of the run may go into the journal
   */
  void run(Save save, Payload source, boolean remember) {
    EntryAttributes attributes = save.attributes();
    KeyDirectory directory = root.directory(save.key().digest());
    ManifestOf manifestOf =
        checksum ->
            Manifest.ofNewEntry(
                Manifest.PRODUCER,
                stamps.next(directory),
                attributes.objective(),
                attributes.iteration(),
                attributes.kind() == EntryKind.FINAL,
                checksum,
                source.length());
    // Such a loop waits for nobody: it lies in files only since the journal had no room.
    boolean mayWait = save.durability() != Durability.PROCESS_SAFE || !remember;
    publish(
        new BegunPair(
            directory, save.runId(), source, manifestOf, null, save.mayReplace(), remember),
        mayWait);
  }

  /**
   * Makes the pair of a version that was saved in the journal, unless its run has a later one.
   * Waits for no sweep of others: meanwhile no segment would be emptied, and saves would find the
   * journal full.
   *
   * @param inDoubt whether a pair of it may be in place whose names could not be synced
   * @param inPlace is run under the key's lock once one of them is in place
   * @throws StoreException as a save does, and if the key's lock was not free in time
   */
  public void makePair(JournalEntry entry, Payload source, boolean inDoubt, Runnable inPlace) {
    publish(
        new BegunPair(
            root.directory(entry.key()),
            entry.runId(),
            source,
            entry::manifest,
            new SavedBefore(entry.written(), () -> false, inDoubt, inPlace),
            true,
            false),
        false);
  }

  /**
   * Makes the pair of a version that was saved on another machine, with the manifest that it has
   * there, unless its run has that version or a later one.
   *
   * @param source what its caller has compared with the manifest
   * @param isLater says under the key's lock whether a later one lies elsewhere than in a pair
   * @return whether it was put in place
   * @throws StoreException as a save does, and if the key's lock was not free in time
   */
  public boolean adopt(
      Digest256 key, String runId, Manifest manifest, Payload source, LaterVersion isLater) {
    BegunPair save =
        new BegunPair(
            root.directory(key),
            runId,
            source,
            PayloadMemory.isCopied(source.length())
                ? ManifestOf.proven(manifest)
                : ManifestOf.version(manifest),
            new SavedBefore(manifest.written(), isLater, false, () -> {}),
            true,
            false);
    publish(save, true);
    return !save.superseded;
  }

  private void publish(BegunPair save, boolean mayWait) {
    KeyDirectory directory = save.directory;
    Manifest saved;
    try {
      saved = publishInTheEnd(save);
    } catch (SyncFailedException e) {
      failed();
      publishFlow.syncFailed(directory, e);
      throw failure(save, e);
    } catch (IOException e) {
      failed();
      throw failure(save, e);
    } catch (RuntimeException | Error e) {
      failed();
      throw e;
    }
    if (!save.superseded) {
      keepBudget.run(new SavedEntry(directory.key(), save.runId, saved, save.addedBytes), mayWait);
    }
  }

  /**
   * What the save throws. Of a full disk others are told too: it may be a pair that nobody awaits.
   */
  private StoreException failure(BegunPair save, IOException because) {
    StoreException failure =
        StoreFailures.ofWriting(save.failure(), save.directory.path(), because);
    if (failure instanceof StorageFullException) {
      notices.troubleAgain(Kind.DISK_FULL, "the disk is full: " + failure.getMessage(), failure);
    }
    return failure;
  }

  /** Where a save fails, removing what it has staged may fail too: the next sweep looks. */
  private void failed() {
    counters.count(StoreCounter.SAVE_FAILURES);
    leaveTraces.run();
  }

  /** Attempts it until it stands; returns the manifest that does. */
  private Manifest publishInTheEnd(BegunPair save) throws IOException {
    KeyDirectory directory = save.directory;
    IOException vanished = null;
    long began = System.nanoTime();
    int attempt = 0;
    for (; attempt < LEAST_ATTEMPTS || System.nanoTime() - began < PATIENCE_NANOS; attempt++) {
      if (attempt > 0) {
        backOff(attempt);
        save.mayReplace = true;
      }
      KeyCensus.Look look = locks.look(directory);
      try (KeyDirectories.Use open = keyDirectories.use(directory);
          StagedPair pair = stage(save)) {
        if (publishFlow.run(open, look, pair, save)) {
          return pair.manifest();
        }
        if (save.published > MOST_REPUBLICATIONS) {
          break;
        }
        counters.count(StoreCounter.REPUBLISHED);
        foreignTouches.destroyed();
      } catch (NoSuchFileException e) {
        // A sibling has removed the directory while it was empty, or somebody the staged files.
        vanished = e;
      }
    }
    if (save.manifest != null) {
      counters.count(StoreCounter.REMOVED_BY_OTHERS);
      return save.manifest;
    }
    throw new IOException(
        "gave up after " + attempt + " attempts: others keep removing what is being saved",
        vanished);
  }

  /** Stages, once more if what overwrites have replaced is in the way. */
  private StagedPair stage(BegunPair save) throws IOException {
    caseFolding.requireOwnName(save.directory);
    long freed = replaced.freed();
    try {
      return pairWriter.stage(save.directory, save.runId, save.source, save.manifestOf);
    } catch (SyncFailedException | NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      if (IoFailure.of(e, save.directory.path()) != IoFailure.FULL) {
        throw e;
      }
      replaced.closeAll();
      // By us, or a moment ago by its own thread.
      if (replaced.freed() == freed) {
        throw e;
      }
      return pairWriter.stage(save.directory, save.runId, save.source, save.manifestOf);
    }
  }

  private static void backOff(int attempt) {
    long most = Math.min(LONGEST_BACKOFF_NANOS, 20_000L << Math.min(attempt, 10));
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
  }
}
