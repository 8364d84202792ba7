package io.warmstart;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.engine.JvmFlags;
import io.warmstart.engine.Libraries;
import io.warmstart.engine.RootOpener;
import io.warmstart.evict.RemoveFlow;
import io.warmstart.evict.SweepFlow;
import io.warmstart.foreign.ForeignCheck;
import io.warmstart.format.LabelsCodec;
import io.warmstart.format.RunIds;
import io.warmstart.io.DirectorySync;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.Backlog;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.KeyContents;
import io.warmstart.model.Payload;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.PolicyConflictException;
import io.warmstart.model.Ranking;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.RemoteComparison;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RemoteState;
import io.warmstart.model.RestoreReport;
import io.warmstart.model.RootInspection;
import io.warmstart.model.RootPolicy;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreStats;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.model.VerifyProgress;
import io.warmstart.model.VerifyReport;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Limits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.CompareFlow;
import io.warmstart.remote.Remote;
import io.warmstart.remote.SyncFlow;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import io.warmstart.runtime.OpenParts;
import io.warmstart.runtime.Operations;
import io.warmstart.runtime.ParallelWork;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A store of warm starts: payloads with an objective, an iteration and a kind, under keys, in a
 * directory that any number of processes share.
 *
 * <pre>{@code
 * try (WarmStartStore store = WarmStartStore.open(root)) {
 *   Fingerprint key = new Fingerprinter().absorbString("spec", "y ~ s(x)").finish();
 *   store.save(key, payload, EntryAttributes.checkpoint().withObjective(1.5).withIteration(7));
 *   try (Entry entry = store.lookup(key).orElseThrow()) {
 *     entry.payload();
 *   }
 * }
 * }</pre>
 *
 * <p><b>Durable:</b> a save that has returned survives the death of the process and a power cut at
 * that instant, unless the store was opened with a lesser {@link Durability}, and every process of
 * this library finds it. Programs that read the files alone do a second later, or at once if the
 * store was opened with {@link Durability#IN_FILES}. Until it returns, the version before it is in
 * place, whole; what a save that throws has left is in its message, and never a mixture.
 *
 * <p><b>Threads:</b> all methods may be called by any number of threads at once, and other
 * processes may do to the root what they like meanwhile. Stores on one root in one JVM share one
 * engine.
 *
 * <p><b>Errors:</b> {@link StoreException} and its subtypes for what the storage cannot do;
 * IllegalArgumentException for a wrong argument; IllegalStateException for use after close. A key
 * without entries is an empty result.
 */
public final class WarmStartStore implements AutoCloseable {
  private final Engine engine;
  private final Operations operations;
  private final StoreOptions options;
  private final ForeignCheck foreignCheck;
  private final StoreLimits limits;
  private final @Nullable Remote remote;
  private final Lookups lookups;
  private final Saves saves;
  private final Claims claims;
  private final OpenParts<WarmStartStore> seeds =
      new OpenParts<>(new LinkedHashSet<>(), WarmStartStore::close);
  private volatile @Nullable StoreBean bean;
  private volatile boolean closed;

  private WarmStartStore(Engine engine, StoreOptions options, List<WarmStartStore> seeds) {
    this.engine = engine;
    this.operations = new Operations(closedText());
    this.options = options;
    this.foreignCheck = options.named().foreignCheck(engine.place().shared());
    this.limits = new StoreLimits(engine.policy(), options.named().limits());
    this.remote = options.remote().map(named -> remote(engine, named)).orElse(null);
    this.lookups =
        new Lookups(
            engine,
            limits,
            foreignCheck,
            operations,
            remote,
            seeds.stream().map(seed -> seed.lookups).toList());
    this.saves = new Saves(engine, limits, foreignCheck.nanos(), operations, options, remote);
    this.claims = new Claims(engine, remote, lookups, this::ensureOpen);
    seeds.forEach(this.seeds::add);
    engine.foreignChecks().add(foreignCheck);
    if (remote != null) {
      remote.begin();
    }
  }

  private Remote remote(Engine of, RemoteOptions named) {
    if (of.readOnly()) {
      throw new ReadOnlyStoreException(
          "a store for lookups only can have no remote, it has nowhere to put what comes: root="
              + of.root());
    }
    return new Remote(
        named,
        ObjectStores.open(named, of.root()),
        of.localEntries(limits, foreignCheck.nanos()),
        of.notices(),
        of.ticks());
  }

  /**
   * Opens a root with the default options; see {@link #open(Path, StoreOptions)}.
   *
   * @param root a directory; made if it is missing
   * @return a store for the caller to close
   */
  public static WarmStartStore open(Path root) {
    return open(root, StoreOptions.defaults());
  }

  /**
   * Opens a root, making it, and what is missing above it, if it is missing. Reads no entry. The
   * path leads where the kernel takes it to lead.
   *
   * <p>A root that is moved or deleted while it is open is said to be gone by every operation that
   * would write to it or find nothing in it, by a save into the journal within 10 ms; when it is
   * back, all goes on.
   *
   * <p><b>Durable:</b> a root that was made survives a power cut.
   *
   * <p><b>Blocks:</b> for milliseconds whatever the root's size, with four exceptions. The first
   * open of a root that has no policy lists the root once. Where a budget, a TTL or a retention is
   * named that the root does not have yet, it waits for a sweep under way, for 30 s at most. What
   * processes that have died in a save have left is synced, once for each of them; it waits for
   * another process that does so, for 10 s at most. It waits for others that open the root at the
   * same moment, and gives up when none of them has ended for 30 s.
   *
   * @param root a directory; may be missing
   * @param options what they do not name is the root's, or the default
   * @return a store for the caller to close
   * @throws ReadOnlyStoreException if the root cannot be written to, or is another user's to whom
   *     this process may not give files; {@link StoreOptions#withReadOnly} opens it for lookups
   * @throws StorageFullException if there is no room for the engine's own files, 320 KiB
   * @throws PolicyConflictException if the root has another budget, TTL or retention than the
   *     options name, and no change was asked for
   * @throws IllegalArgumentException if the root is one of its seeds, or is open in this JVM with
   *     another clock
   * @throws StoreException if the root is not a directory, or a seed is none, a parent is none, the
   *     local directory is not private, another class loader of this JVM has the root open, this
   *     host or JVM is not one that the store was made for, or a library on the class path is too
   *     old
   */
  public static WarmStartStore open(Path root, StoreOptions options) {
    Libraries.check();
    JvmFlags.check();
    EngineRegistry.takeStandardDescriptors();
    List<WarmStartStore> opened = new ArrayList<>();
    WarmStartStore store;
    try {
      for (Path seed : options.seeds()) {
        opened.add(open(seed, options.ofSeed()));
      }
      store = open(root, options, opened);
    } catch (RuntimeException | Error e) {
      try {
        ParallelWork.inTurn(opened, WarmStartStore::close);
      } catch (RuntimeException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
    return options.management() ? managed(store) : store;
  }

  private static WarmStartStore open(Path root, StoreOptions options, List<WarmStartStore> seeds) {
    Path real = RootOpener.prepare(root, options.engineOptions());
    try {
      Engine engine =
          EngineRegistry.acquire(real, options.engineOptions(), options.listener().orElse(null));
      try {
        for (WarmStartStore seed : seeds) {
          if (seed.root().equals(engine.root())) {
            throw new IllegalArgumentException("a root is no seed of itself: root=" + root);
          }
        }
        engine.policy().agree(options.named().limits());
        return new WarmStartStore(engine, options, seeds);
      } catch (IOException | RuntimeException | Error e) {
        leave(engine, options);
        throw e;
      }
    } catch (IOException e) {
      throw StoreFailures.ofWriting("cannot open root", root, e);
    }
  }

  private static WarmStartStore managed(WarmStartStore store) {
    boolean done = false;
    try {
      store.bean = StoreBean.register(store.root(), store::stats);
      done = true;
      return store;
    } finally {
      if (!done) {
        store.close();
      }
    }
  }

  /**
   * Checks a run id before there is a store to save to.
   *
   * @param runId 1 to 128 of {@code A-Z a-z 0-9 . _ -}, starting with a letter or digit
   * @return the run id
   * @throws IllegalArgumentException if {@link #saveOverwrite} would refuse it
   */
  public static String requireRunId(String runId) {
    return RunIds.requireValid(runId);
  }

  /**
   * Checks a label before there is a store to give it to a key; see {@link #label}.
   *
   * @param name of the label
   * @param value of the label
   * @throws IllegalArgumentException if {@link #label} would refuse it
   */
  public static void requireLabel(String name, String value) {
    LabelsCodec.requireValid(name, value);
  }

  /**
   * {@return the root, by the real path by which this JVM first opened it: another may lead there
   * too}
   */
  public Path root() {
    return engine.root();
  }

  /** {@return whether the store was opened for lookups only} */
  public boolean readOnly() {
    return engine.readOnly();
  }

  /**
   * {@return whether the root's file system can make names durable} Where it cannot sync a
   * directory (some of FUSE and SMB), what was saved survives the death of every process, but a
   * power cut may take it.
   *
   * <p><b>Blocks:</b> for one sync.
   *
   * @throws StoreException if that cannot be found out
   */
  public boolean syncsDirectories() {
    return operations.run(
        () -> {
          try {
            return DirectorySync.worksIn(engine.root());
          } catch (IOException e) {
            throw StoreFailures.ofReading("the root cannot be synced", engine.root(), e);
          }
        });
  }

  /** {@return the options that the store was opened with} */
  public StoreOptions options() {
    return options;
  }

  /**
   * Looks up with {@link Ranking#LOWEST_OBJECTIVE}; see {@link #lookup(Fingerprint, Ranking)}.
   *
   * @param key of the fit
   * @return a lease for the caller to close; empty if there is none
   */
  public Optional<Entry> lookup(Fingerprint key) {
    return lookup(key, Ranking.LOWEST_OBJECTIVE);
  }

  /**
   * Looks up with {@link Ranking#LATEST}; see {@link #lookup(Fingerprint, Ranking)}.
   *
   * @param key of the fit
   * @return a lease for the caller to close; empty if there is none
   */
  public Optional<Entry> lookupLatest(Fingerprint key) {
    return lookup(key, Ranking.LATEST);
  }

  /**
   * The entry that a ranking prefers, its payload verified. An entry that cannot be read gives way
   * to the next; one that is proven bad is moved to quarantine.
   *
   * <p>A hit counts as an access: it puts off eviction at once, and expiry too, for other processes
   * from a minute on, or an eighth of the TTL. It does not change when the entry was written. Other
   * machines do not learn of it: there expiry and eviction count from the write.
   *
   * <p><b>Blocks:</b> for the reading of the key's directory and the payload. If a payload does not
   * fit its manifest, for up to 0.1 s more (1 s beside other machines) until nobody can be writing
   * it, and then for up to 0.6 s for a process that is between two renames or has a lock. Where the
   * root has nothing, for {@link RemoteOptions#deadline()} at most, unless the remote had nothing
   * better within {@link RemoteOptions#checkInterval()} or is known not to answer; then for the
   * same files of each seed.
   *
   * @param key of the fit
   * @param ranking which of the key's entries is preferred
   * @return a lease for the caller to close; empty if there is no entry that has not expired
   * @throws StoreException if entries exist and none could be read because of an error
   */
  public Optional<Entry> lookup(Fingerprint key, Ranking ranking) {
    ensureOpen();
    return lookups.find(key, ranking);
  }

  /**
   * The entry of a run, whatever the key's others are like; see {@link #lookup(Fingerprint,
   * Ranking)}. It is read from its files, or the journal, each time.
   *
   * <p><b>Blocks:</b> as that does, but each miss asks the remote, whenever it was asked last, and
   * waits for {@link RemoteOptions#deadline()} at most.
   *
   * @param key of the fit
   * @param runId as a save gave or took it
   * @return a lease for the caller to close; empty if the run has no entry that has not expired
   * @throws IllegalArgumentException if the run id is not one
   * @throws StoreException if there is one and it could not be read because of an error
   */
  public Optional<Entry> lookup(Fingerprint key, String runId) {
    ensureOpen();
    RunIds.requireValid(runId);
    return lookups.find(key, runId);
  }

  /**
   * The same into an entry that is used again and again.
   *
   * @param key of the fit
   * @param ranking which of the key's entries is preferred
   * @param reused closed first if it still holds a lease
   * @return whether it holds a lease now
   */
  public boolean lookup(Fingerprint key, Ranking ranking, Entry reused) {
    ensureOpen();
    return lookups.find(key, ranking, reused);
  }

  /**
   * Asks the remote now for entries of a key that are better than what the root has, by whichever
   * ranking, and has them come. Without a remote it does nothing.
   *
   * <p><b>Blocks:</b> until they are here, for {@link RemoteOptions#deadline()} at most; not at all
   * while the remote is known not to answer.
   *
   * @param key of the fit
   * @return whether anything came
   */
  public boolean refresh(Fingerprint key) {
    ensureOpen();
    return remote != null && remote.askNow(key.digest(), null);
  }

  /**
   * Saves under a fresh run id, which is unique across machines and sorts by time.
   *
   * <p><b>Durable:</b> when it returns, payload and manifest survive a power cut; with {@link
   * StoreOptions#withDurability} what that says.
   *
   * <p><b>Blocks:</b> for one sync of the device, or none if the store asks for no more than {@link
   * Durability#PROCESS_SAFE}. The entry counts against the budget once its pair is made. A save
   * into files, as each run's first by each process may be, blocks for two or three syncs, one more
   * for a key that this process has not saved to before, and for a sweep if the root is over its
   * budget. That sweep never takes the entry that was saved. With {@link Acknowledgement#REMOTE} it
   * goes into files, and then blocks for {@link RemoteOptions#flushWait()} at most; {@link
   * #acknowledgement} tells what came of that.
   *
   * @param key of the fit
   * @param payload read once, before this returns
   * @param attributes the entry's kind, and its objective and iteration if it has them
   * @return the run id
   * @throws IllegalArgumentException if the remote is to acknowledge it, and the store has none
   *     that is written to; nothing is saved then
   * @throws PayloadTooLargeException if payload and manifest are larger than the budget, or than
   *     what of it is not pinned
   * @throws StorageFullException if the disk is full
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws DurabilityUnknownException if the entry is saved, now or a little later, and it is not
   *     known whether it survives a power cut
   * @throws StoreException if it failed otherwise. The message says what it has left: mostly
   *     nothing was changed, but other programs may remove what a save publishes
   */
  public String save(Fingerprint key, Payload payload, EntryAttributes attributes) {
    ensureWritable();
    return saves.save(key, payload, attributes);
  }

  /**
   * How far the last save of this store to a run is known to have come, if it has asked for {@link
   * Acknowledgement#REMOTE}. That is known of the last 4,096 runs that were asked for; of one that
   * was not there in time it becomes known when a later round has sent it. No request.
   *
   * @param key of the fit
   * @param runId as a save gave or took it
   * @return {@link Acknowledgement#REMOTE} if the remote had it, or a later version of the run, and
   *     this store has not removed it since; else {@link Acknowledgement#LOCAL}, also of what this
   *     store has not saved
   */
  public Acknowledgement acknowledgement(Fingerprint key, String runId) {
    ensureOpen();
    return saves.isAcknowledged(key, runId) ? Acknowledgement.REMOTE : Acknowledgement.LOCAL;
  }

  /**
   * If the remote has a save, has what else is due go there too. What the save is part of has
   * begun: a close meanwhile is no error.
   */
  void sendRest(Fingerprint key, String runId, Duration most) {
    saves.sendRest(key, runId, most);
  }

  /**
   * Saves a whole array; see the first form.
   *
   * @param key of the fit
   * @param payload not to be changed before this returns
   * @param attributes the entry's kind, and its objective and iteration if it has them
   * @return the run id
   */
  public String save(Fingerprint key, byte[] payload, EntryAttributes attributes) {
    return save(key, Payload.of(payload), attributes);
  }

  /**
   * Saves under a run id, in place of the version that it has. The version before stays whole until
   * the new one is, whatever fails; then it is gone, however good it was. A loop that saves each of
   * its states under one run id keeps the last one only, and loses its best if it diverges: a
   * {@link Session} keeps both.
   *
   * <p>Durability, blocking and errors as for {@link #save(Fingerprint, Payload, EntryAttributes)}.
   *
   * @param key of the fit
   * @param runId 1 to 128 of {@code A-Z a-z 0-9 . _ -}, starting with a letter or digit
   * @param payload read once, before this returns
   * @param attributes the entry's kind, and its objective and iteration if it has them
   * @throws IllegalArgumentException if the run id is not one
   */
  public void saveOverwrite(
      Fingerprint key, String runId, Payload payload, EntryAttributes attributes) {
    saveOverwrite(key, runId, payload, attributes, options.durability());
  }

  /**
   * Saves under a fresh run id, in the background; see {@link #saveOverwriteAsync}.
   *
   * @param key of the fit
   * @param payload copied before this returns; at most 2 GiB
   * @param attributes the entry's kind, and its objective and iteration if it has them
   * @return completes with the run id
   */
  public CompletionStage<String> saveAsync(
      Fingerprint key, Payload payload, EntryAttributes attributes) {
    ensureWritable();
    return saves.saveLater(key, payload, attributes);
  }

  /**
   * Saves under a run id, in the background, in the order of the calls: a loop that may not wait
   * for the disk goes on at once. Until it is saved, lookups find the version before.
   *
   * <p><b>Durable:</b> when the stage completes, as if {@link #saveOverwrite(Fingerprint, String,
   * Payload, EntryAttributes)} had returned. {@link #flush}, {@link #close} and the end of a JVM in
   * order (for ten seconds) wait until what was handed in before is saved; the stages complete soon
   * after.
   *
   * <p><b>Threads:</b> one thread saves for all stores on the root, and saves that wait share a
   * sync. What depends on stages runs on another one, one after the other in the order of the
   * saves. It may wait: {@code join} and {@code get} of a stage's {@code toCompletableFuture} need
   * no turn of those, nor do {@code isDone} and {@code getNow}; {@code state} does. If it waits for
   * longer than 20 ms, or takes longer than 5 s, what is behind it runs beside it, on up to 64
   * threads. When all of these wait, no stage completes until one goes on, for good if they wait
   * for what itself depends on stages ({@code allOf}, {@code thenApply}): log and listener are told
   * once a minute. That runs on another executor ({@code thenAcceptAsync}), or depends on those
   * stages itself ({@code thenCompose}).
   *
   * <p><b>Blocks:</b> not for the disk, unless 64 MiB of payloads or 1,024 saves wait already: then
   * until there is room. A payload that is larger waits until it waits alone. Where no thread can
   * be started it saves before it returns.
   *
   * @param key of the fit
   * @param runId 1 to 128 of {@code A-Z a-z 0-9 . _ -}, starting with a letter or digit
   * @param payload copied before this returns; at most 2 GiB
   * @param attributes the entry's kind, and its objective and iteration if it has them
   * @param backlog what becomes of an earlier version of the run that still waits. The stage of one
   *     whose place is taken is the later one's: it completes when that is saved
   * @return completes when it is saved; with the exception of a save that fails, which is logged
   *     too, once a minute
   * @throws IllegalArgumentException if the run id is not one, or the payload is too long to copy
   * @throws PayloadTooLargeException if payload and manifest are larger than the budget
   */
  public CompletionStage<String> saveOverwriteAsync(
      Fingerprint key, String runId, Payload payload, EntryAttributes attributes, Backlog backlog) {
    ensureWritable();
    Objects.requireNonNull(backlog, "backlog");
    return saves.overwriteLater(key, runId, payload, attributes, backlog);
  }

  /**
   * Reserves a save under a fresh run id; see {@link #reserveOverwrite}.
   *
   * @param key of the fit
   * @param length of the payload, in bytes; at most 2 GiB less 8 bytes
   * @param attributes the entry's kind, and its objective and iteration if it has them
   * @return for the caller to commit, or to close; it says the run id
   */
  public Reservation reserve(Fingerprint key, long length, EntryAttributes attributes) {
    ensureWritable();
    return saves.reserve(key, null, length, attributes);
  }

  /**
   * Reserves a save under a run id: its payload is written into the memory that it will lie in. See
   * {@link Reservation}.
   *
   * <p><b>Durable:</b> nothing, before it is committed. Until then lookups find the version before,
   * and what is saved to the run meanwhile; it takes the place of that.
   *
   * <p><b>Threads:</b> any number may reserve; a reservation is for one at a time.
   *
   * <p><b>Blocks:</b> not for the disk.
   *
   * @param key of the fit
   * @param runId 1 to 128 of {@code A-Z a-z 0-9 . _ -}, starting with a letter or digit
   * @param length of the payload, in bytes; at most 2 GiB less 8 bytes
   * @param attributes the entry's kind, and its objective and iteration if it has them
   * @return for the caller to commit, or to close
   * @throws IllegalArgumentException if the run id is not one, or no buffer has that length
   * @throws PayloadTooLargeException if payload and manifest are larger than the budget
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if the journal has no room, and there is no memory outside the heap: a
   *     reservation that the journal has no room for counts against {@code
   *     -XX:MaxDirectMemorySize}, by default as much as the heap may take
   */
  public Reservation reserveOverwrite(
      Fingerprint key, String runId, long length, EntryAttributes attributes) {
    Objects.requireNonNull(runId, "runId");
    ensureWritable();
    return saves.reserve(key, runId, length, attributes);
  }

  /** The same with another durability than the store's. */
  void saveOverwrite(
      Fingerprint key,
      String runId,
      Payload payload,
      EntryAttributes attributes,
      Durability durability) {
    ensureWritable();
    saves.overwrite(key, runId, payload, attributes, durability);
  }

  /**
   * Overwrites with a whole array; see the first form.
   *
   * @param key of the fit
   * @param runId 1 to 128 of {@code A-Z a-z 0-9 . _ -}, starting with a letter or digit
   * @param payload not to be changed before this returns
   * @param attributes the entry's kind, and its objective and iteration if it has them
   */
  public void saveOverwrite(
      Fingerprint key, String runId, byte[] payload, EntryAttributes attributes) {
    saveOverwrite(key, runId, Payload.of(payload), attributes);
  }

  /**
   * Removes an entry. A save of its run that is under way may come before or after.
   *
   * <p><b>Durable:</b> when it returns, no lookup finds the entry, in no process, nor after a power
   * cut. What lies in quarantine stays there.
   *
   * <p>With a remote that may be written to, it is removed there first, all its versions. Another
   * machine that has it too puts it there again.
   *
   * <p><b>Blocks:</b> until what lies in journals is in pairs, and for a sync of the directory, the
   * root and each segment; for the remote {@link RemoteOptions#flushWait()} at most until nothing
   * is being sent, and as long for each look there, which is repeated while somebody puts it back.
   *
   * @param key of the fit
   * @param runId as a save gave or took it
   * @return whether there was one here
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws DurabilityUnknownException if it is removed, and a power cut may bring it back
   * @throws StoreException if it is pinned, or the remote cannot be asked, or it could not be
   *     removed, or not all of it: then lookups may not find it any more, and the next call removes
   *     the rest; after half a minute if a version lies in a journal and does not become a pair
   *     (its process is stopped, or the disk is full), or if somebody keeps the key's lock
   */
  public boolean remove(Fingerprint key, String runId) {
    RunIds.requireValid(runId);
    return remove(key.digest(), runId, flow -> flow.run(key.digest(), runId) ? 1 : 0) > 0;
  }

  /**
   * Removes all entries that a key has now; see {@link #remove(Fingerprint, String)}. If it throws,
   * some may be removed already.
   *
   * @param key of the fit
   * @return how many there were
   * @throws StoreException if one is pinned: then none is removed
   */
  public int remove(Fingerprint key) {
    return remove(key.digest(), null, flow -> flow.run(key.digest()));
  }

  private int remove(Digest256 key, @Nullable String runId, ToIntFunction<RemoveFlow> here) {
    return writing(
        "removal failed",
        () -> {
          RemoveFlow flow = engine.removeFlow(operations);
          if (remote == null) {
            return here.applyAsInt(flow);
          }
          flow.requireNonePinned(key, runId);
          return remote.remove(key, runId, () -> here.applyAsInt(flow));
        });
  }

  /**
   * Pins an entry: no sweep of this library evicts it and no TTL expires it, until {@link
   * #unpin(Fingerprint, String)}; {@link #remove(Fingerprint, String)} refuses it. Its run may be
   * overwritten all the same. Pinning it twice is pinning it once: the first unpin ends that.
   * Programs that know no pins, as the original store, keep to none.
   *
   * <p>What is pinned counts against the budget; a save that would not fit beside it is refused
   * with {@link PayloadTooLargeException}. Other processes notice a pin within a second, and what
   * is saved under it within some seconds.
   *
   * <p><b>Durable:</b> when it returns, the pin survives a power cut, and no sweep that was under
   * way on this machine has removed the entry. One on another machine that shares the root may,
   * within the moments of a single removal.
   *
   * <p><b>Blocks:</b> for three syncs, and until the key's lock is free.
   *
   * @param key of the fit
   * @param runId as a save gave or took it
   * @return false if the run has no entry: then nothing is pinned
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if it could not be pinned
   */
  public boolean pin(Fingerprint key, String runId) {
    RunIds.requireValid(runId);
    return writing("nothing was pinned", () -> engine.pinFlow().pin(key.digest(), runId));
  }

  /**
   * Pins a key: all that lies under it, and all that is saved under it from now on; see {@link
   * #pin(Fingerprint, String)}.
   *
   * @param key of a fit, saved or not
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if it could not be pinned
   */
  public void pin(Fingerprint key) {
    writing("nothing was pinned", () -> engine.pinFlow().pin(key.digest(), null));
  }

  /**
   * Takes away the pin of an entry. A pin of its key stays.
   *
   * <p><b>Durable:</b> when it returns, that survives a power cut.
   *
   * <p><b>Blocks:</b> for one sync.
   *
   * @param key of the fit
   * @param runId as it was pinned; it may have no entry any more
   * @return whether there was such a pin
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if it could not be removed
   */
  public boolean unpin(Fingerprint key, String runId) {
    RunIds.requireValid(runId);
    return writing("nothing was unpinned", () -> engine.pinFlow().unpin(key.digest(), runId));
  }

  /**
   * Takes away the pin of a key; those of its entries stay. See {@link #unpin(Fingerprint,
   * String)}.
   *
   * @param key as it was pinned
   * @return whether there was such a pin
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if it could not be removed
   */
  public boolean unpin(Fingerprint key) {
    return writing("nothing was unpinned", () -> engine.pinFlow().unpin(key.digest(), null));
  }

  /**
   * Gives a key a label, for people: the engine does nothing by it. {@link #contents} tells all
   * that a key has. They stay when its entries go, for the TTL: a sweep that scans the root takes
   * them from a key that has no directory, once nobody has given it one of them for so long. To
   * give again what the key has already counts, once a minute.
   *
   * <p><b>Durable:</b> when it returns, the label survives a power cut.
   *
   * <p><b>Threads:</b> of two processes of one machine that label a key at once both do; of two
   * machines one may lose its label.
   *
   * <p><b>Blocks:</b> for four syncs, and until the key's lock is free, two seconds at most; where
   * the key has it already for no sync, but once a minute.
   *
   * @param key of a fit, saved or not
   * @param name 1 to 64 of {@code A-Z a-z 0-9 . _ -}, starting with a letter or digit; the command
   *     line keeps the NAME of {@code text:NAME} under {@code text}
   * @param value 1 to 1,024 characters on one line: no control characters, no line or paragraph
   *     separators
   * @return whether the key did not have this label already
   * @throws IllegalArgumentException if name or value are not as they should be
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if the key has 32 others already, all together would take more than 64
   *     KiB, those that it has cannot be read, somebody holds the key's lock, or the label could
   *     not be written
   */
  public boolean label(Fingerprint key, String name, String value) {
    return label(key, Map.of(name, value)) > 0;
  }

  /**
   * Gives a key several labels at once: all of them, or none where this throws. Durability and
   * blocking as for {@link #label(Fingerprint, String, String)} of one.
   *
   * @param key of a fit, saved or not
   * @param labels values by name
   * @return how many of them the key did not have already
   * @throws IllegalArgumentException if a name or value is not as it should be
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if the key would have more than 32, all together would take more than 64
   *     KiB, those that it has cannot be read, somebody holds the key's lock, or they could not be
   *     written
   */
  public int label(Fingerprint key, Map<String, String> labels) {
    return writing("nothing was labelled", () -> engine.labelFlow().label(key.digest(), labels));
  }

  /**
   * Takes a label from a key; see {@link #label}.
   *
   * <p><b>Durable:</b> when it returns, that survives a power cut.
   *
   * <p><b>Blocks:</b> as {@link #label} does; for one sync where it was the last label.
   *
   * @param key as it was labelled
   * @param name of the label
   * @return whether the key had one of that name
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if those that it has cannot be read, somebody holds the key's lock, or
   *     that could not be written
   */
  public boolean unlabel(Fingerprint key, String name) {
    return writing("no label was taken away", () -> engine.labelFlow().unlabel(key.digest(), name));
  }

  /**
   * Sweeps now: removes what has expired and what is dead, and evicts until the root fits its
   * budget, by what lies on the root at this moment, no matter who has put it there. What another
   * process has saved into the journal stays until it is a pair, and so does the pair of a run of
   * which a journal still holds a version. One sweep runs at a time on a root; this waits for one
   * under way. What others save while it evicts it leaves to them, or to the next sweep: the root
   * may be over its budget by that much when it returns.
   *
   * <p><b>Durable:</b> nothing: no removal is synced, and a power cut may bring back what was
   * removed, for the next sweep.
   *
   * <p><b>Blocks:</b> until pairs are made of what this process has saved, the root is listed and
   * all is removed that must go; for a sweep under way, for 30 s at most.
   *
   * @return what it did; its failures are what could not be looked at or removed
   * @throws ReadOnlyStoreException if the root cannot be written to
   * @throws StoreException if the root could not be listed
   */
  public EvictionReport evictOverflow() {
    return evictOverflow(false);
  }

  /**
   * The same, or what it would do: which entries would go, and why, if nothing changed meanwhile. A
   * dry run changes, moves and removes nothing, and what a sweep would mend or move to quarantine
   * it does not tell.
   *
   * <p><b>Blocks:</b> a dry run waits for no sweep, but for pairs of what lies in journals, as
   * {@link #keys} does, and looks at every file's size.
   *
   * @param dryRun whether to only tell; then the store may be one for lookups
   * @return what went, or would go
   * @throws ReadOnlyStoreException if it is no dry run, and the root cannot be written to
   * @throws StoreException if the root could not be listed
   */
  public EvictionReport evictOverflow(boolean dryRun) {
    if (dryRun) {
      return settled("sweep failed", () -> engine.dryRun(limits.freshForSweep()).run());
    }
    return writing(
        "sweep failed",
        () -> {
          engine.settleFlow().runOwn();
          return engine.sweepFlow().run(limits, foreignCheck.nanos());
        });
  }

  /**
   * {@return the root's policy, as its file says it now} A file that is damaged or cannot be read
   * is no error: {@link RootPolicy#damage()} tells, and nothing is evicted and nothing expires, but
   * by what a store has named to replace it and the disk has no room for yet.
   */
  public RootPolicy policy() {
    return operations.run(() -> engine.policy().describe());
  }

  /**
   * Who would win a lookup, and why not the others. Reads and hashes every candidate's payload;
   * touches and changes nothing. What cannot be read of one is its verdict. The remote and the
   * seeds are not asked.
   *
   * <p><b>Blocks:</b> for that, and for pairs of what lies in journals, as {@link #keys} does.
   *
   * @param key of the fit
   * @param ranking by which a lookup would choose
   * @return all candidates, in order of preference
   * @throws StoreException if the key's directory or the journal could not be listed
   */
  public Explanation explain(Fingerprint key, Ranking ranking) {
    return settled("explain failed", () -> engine.explainFlow().run(key, ranking, limits.fresh()));
  }

  /**
   * {@return the keys that have a directory, and those that have entries in a journal alone, in
   * their order; it may be empty}
   *
   * <p><b>Blocks:</b> for a listing of the root. Unless the store was opened for lookups only, it
   * first has pairs made of what lies in journals: here and of what dead processes have left, for a
   * minute at most where others are at it, and once more if a living one, which it asks for a
   * second at most, has died or not answered. What cannot be made is told to log and listener, and
   * is no error.
   *
   * @throws StoreException if the root or the journal could not be listed
   */
  public List<Fingerprint> keys() {
    return settled("the keys cannot be listed", () -> engine.inspectFlow().keys());
  }

  /**
   * What lies under a key, as its manifests and the journal tell: no payload is read, and nothing
   * is touched. A key with neither a directory nor entries in the journal has no contents.
   *
   * <p><b>Blocks:</b> for a look at every file of the key, and for pairs of what lies in journals,
   * as {@link #keys} does.
   *
   * @param key of the fit
   * @return its entries, and what else lies there
   * @throws StoreException if the key's directory or the journal could not be listed
   */
  public KeyContents contents(Fingerprint key) {
    return settled(
        "the key cannot be listed", () -> engine.inspectFlow().contents(key, limits.fresh()));
  }

  /**
   * What lies under each key: {@link #contents(Fingerprint)} of all {@link #keys}. One whose
   * directory cannot be listed is among them, and says so: {@link KeyContents#failure}.
   *
   * @return them, in the order of their keys, as they were found one after the other
   * @throws StoreException if the root could not be listed
   */
  public List<KeyContents> contents() {
    return settled(
        "the keys cannot be listed", () -> engine.inspectFlow().contents(limits.fresh()));
  }

  /**
   * What the processes of this machine have counted. Looks at no file, but whether the root is
   * there, and waits for nobody.
   *
   * @return it, as of now
   */
  public StoreStats stats() {
    return reading(
        "the root cannot be counted",
        () -> {
          OptionalLong bytes = engine.knownBytes();
          return new StoreStats(
              bytes,
              limits.now().budgetOver(bytes.orElse(0)),
              EngineRegistry.liveProcesses(engine),
              engine.counterSums());
        });
  }

  /**
   * What lies in the root. Looks at every file's size, and into the journal, of which entries and
   * keys count, and no bytes. Waits for no pairs.
   *
   * @return it, as it was found one key after the other; those that could not be listed are counted
   * @throws StoreException if the root or the journal could not be listed
   */
  public RootInspection inspect() {
    return reading(
        "the root cannot be counted",
        () -> engine.inspectFlow().inspect(limits.fresh(), EngineRegistry.liveProcesses(engine)));
  }

  /**
   * What the index knows to lie in the root: by a look at memory, and at no file but the root, in a
   * time that grows with the keys (2 ms at 20,000). What processes of this library do is in it at
   * once, what lies in their journals no sooner than its pair is made, and what others do once a
   * sweep has looked, mostly within a minute. Files that are no entries, and keys that cannot be
   * listed, it does not know: of those it tells 0.
   *
   * @return it, as of now; empty while the index does not know all keys, and in a store that is
   *     read only
   */
  public Optional<RootInspection> recorded() {
    return reading(
        "the root cannot be counted",
        () ->
            engine.readOnly()
                ? Optional.empty()
                : engine
                    .ledger()
                    .recorded()
                    .map(
                        known ->
                            new RootInspection(
                                known.entries(),
                                known.keys(),
                                known.bytes(),
                                known.quarantineBytes(),
                                0,
                                0,
                                limits.now().budgetOver(known.bytes()),
                                engine.siblings().alive(),
                                0)));
  }

  /**
   * Verifies the root; see {@link #verify(VerifyProgress)}.
   *
   * @return what is wrong
   */
  public VerifyReport verify() {
    return verify(VerifyProgress.NONE);
  }

  /**
   * Checks every pair, by hash, every other file, and what the index says of them. Changes by other
   * programs since the last scan of the root, and keys that were never looked up, are not compared
   * with the index; a store that was opened for lookups only compares none.
   *
   * <p><b>Blocks:</b> reads and hashes all payloads; for pairs of what lies in journals, as {@link
   * #keys} does, and at what does not fit for whoever may be writing it, or holds its key's lock,
   * for two seconds or so.
   *
   * @param progress hears of each key
   * @return what is wrong; also what could not be read
   * @throws StoreException if the root could not be listed
   */
  public VerifyReport verify(VerifyProgress progress) {
    return reading("verify failed", () -> verify(false, progress));
  }

  /**
   * Verifies the root and repairs it; see {@link #repair(VerifyProgress)}.
   *
   * @return what was wrong, and whether it is repaired
   */
  public VerifyReport repair() {
    return repair(VerifyProgress.NONE);
  }

  /**
   * Verifies the root, and mends what can be mended: completes saves that were cut off, moves what
   * is bad to quarantine, removes what dead processes have left, and counts again what the index
   * has wrong. Blocking as for {@link #verify(VerifyProgress)}.
   *
   * @param progress hears of each key
   * @return what was wrong, and whether it is repaired
   * @throws ReadOnlyStoreException if the store was opened for lookups only
   * @throws StoreException if the root could not be listed
   */
  public VerifyReport repair(VerifyProgress progress) {
    return writing("verify failed", () -> verify(true, progress));
  }

  private VerifyReport verify(boolean repair, VerifyProgress progress) {
    engine.settleFlow().run();
    return engine
        .verifyFlow()
        .run(foreignCheck.nanos() < SweepFlow.NO_FOREIGN_STORES_NANOS, repair, progress);
  }

  /**
   * Brings back from quarantine what is whole: each run whose manifest and payload fit, whether
   * both lie there or one has come to the key's directory since. Under its run id and with the
   * written stamp that it had; its access stamp is that of now, so its TTL begins again. A whole
   * entry that is in place is never replaced, and what is not whole stays in quarantine; the report
   * says which and why. Sweeps remove what stays there, oldest first, when the root needs the room.
   *
   * <p><b>Durable:</b> what has come back survives a power cut before it is gone from the
   * quarantine.
   *
   * <p><b>Threads:</b> safe; other processes may go on working on the root.
   *
   * <p><b>Blocks:</b> reads and hashes what lies in quarantine.
   *
   * @param keys whose runs; all if empty
   * @return what has come back, and what stays and why
   * @throws ReadOnlyStoreException if the store was opened for lookups only
   * @throws StoreException if the quarantine cannot be listed; an error with one run is in the
   *     report
   */
  public RestoreReport restore(Collection<Fingerprint> keys) {
    ensureWritable();
    return operations.run(() -> engine.restoreFlow().run(keys, false));
  }

  /**
   * What lies in quarantine, why, and what {@link #restore} would do with it. Reads and hashes it;
   * changes nothing.
   *
   * @param keys whose runs; all if empty
   * @return what would come back, and what would stay and why
   * @throws StoreException if the quarantine cannot be listed
   */
  public RestoreReport quarantined(Collection<Fingerprint> keys) {
    return operations.run(() -> engine.restoreFlow().run(keys, true));
  }

  /**
   * One fit on one key, with the default options: see {@link Session}. Writes nothing yet.
   *
   * @param key of the fit
   * @return a session with run ids of its own
   */
  public Session session(Fingerprint key) {
    return session(key, SessionOptions.defaults());
  }

  /**
   * One fit on one key; see {@link Session}. Writes nothing yet.
   *
   * @param key of the fit
   * @param sessionOptions which checkpoints are taken, and what they survive; other keys to resume
   *     from
   * @return a session with run ids of its own
   * @throws IllegalArgumentException if the key is one of its seeds
   */
  public Session session(Fingerprint key, SessionOptions sessionOptions) {
    ensureOpen();
    return new Session(this, key, engine.freshRunId(), sessionOptions, options.clock());
  }

  /**
   * Claims a key with the default options: see {@link #claim(Fingerprint, ClaimOptions)}.
   *
   * @param key of the fit
   * @return how it stands, for the caller to close
   */
  public Claim claim(Fingerprint key) {
    return claim(key, ClaimOptions.defaults());
  }

  /**
   * Claims a key: says to other threads, processes and machines that this one computes its fit. See
   * {@link Claim}; it is no condition of a save. A key that one of {@link StoreOptions#withSeeds}
   * has a final result of is finished, too. Other machines are bound if the store has a remote that
   * it writes to, and they have it too; what that has of the key comes here then.
   *
   * <p><b>Durable:</b> nothing: no claim outlives its process, in a remote by no more than its
   * lease.
   *
   * <p><b>Blocks:</b> for a lookup, in each seed as well; for the answers of a remote, but for
   * twice its flush wait at most, and two seconds or so more to give the key back where its entries
   * have not come; where the root's lock file was deleted, until the next heartbeat has made
   * another. It does not wait until the key is free: {@link Claim#await} does.
   *
   * @param key of the fit
   * @param claimOptions whom it binds, and for how long after a loss of power
   * @return how it stands, for the caller to close
   * @throws ReadOnlyStoreException if the store was opened for lookups only: it has no locks
   * @throws IllegalStateException if the store is closed, or is being closed meanwhile
   * @throws ClaimUnavailableException if there are no locks here, the remote does not answer, or it
   *     ignores the condition that claims need: then nobody can say whether the key is claimed
   * @throws StoreException if the key could not be looked up, or the root is gone
   */
  public Claim claim(Fingerprint key, ClaimOptions claimOptions) {
    ensureWritable();
    return claims.claim(key, claimOptions);
  }

  /** The final result of a fit, whatever else there is. */
  Optional<Entry> lookupFinal(Fingerprint key) {
    return lookups.findFinal(key);
  }

  /**
   * Has all that this process has saved before the call lie in pairs of files, what it saves in the
   * background included, and writes its accesses that no manifest tells yet. On a root that other
   * machines may write to these go into this machine's index, and no manifest ever tells of them.
   * In a store that was opened for lookups only it does nothing.
   *
   * <p><b>Durable:</b> when it returns, what was saved before survives a power cut, whatever the
   * {@link Durability} of the saves.
   *
   * <p><b>Blocks:</b> until all that is done: for each run that is no pair yet as long as a save
   * into files takes, from 16 runs on four at a time, and for a touch of each entry whose access is
   * to be written. Where the root is over its budget it waits for a sweep under way, for 30 s at
   * most, and sweeps.
   *
   * @throws StorageFullException if the disk is full
   * @throws StoreException if something could not be written; saves stay in the journal, where
   *     every process finds them, and are tried again
   */
  public void flush() {
    ensureOpen();
    if (!engine.readOnly()) {
      int failed = writing("accesses could not be written", engine::flush);
      if (failed > 0) {
        throw new StoreException(
            "accesses could not be written: expected=0 failures actual="
                + failed
                + " root="
                + engine.root());
      }
    }
  }

  /**
   * Waits until all that this store has saved before the call is in the remote, but for what has
   * been evicted or superseded here before it was sent. Without a remote, or with one that is
   * read-only, there is nothing to wait for.
   *
   * @param most how long to wait; not at all while the remote is known not to answer
   * @return whether it is there; if not, it goes there later, by itself: from this store, or from
   *     the next that is opened on the root with this remote
   */
  public boolean flushRemote(Duration most) {
    ensureOpen();
    return remote == null || remote.flush(Limits.saturatedNanos(most));
  }

  /** {@return what this store knows of its remote; empty if it has none} No request. */
  public Optional<RemoteState> remote() {
    return Optional.ofNullable(remote).map(Remote::state);
  }

  /**
   * Compares this root with a remote, and has what one lacks go to the other: of each run the
   * latest version. Nothing is removed here; there, versions that a later one supersedes.
   *
   * <p><b>Blocks:</b> until all is done, however long the remote takes; an interrupt does not end
   * it.
   *
   * @param with where it is; need not be the store's own remote
   * @param direction which way entries go
   * @param keys which; all if empty
   * @param dryRun whether only to tell what would go
   * @return what went, or would, and what could not
   * @throws IllegalArgumentException if something is to go to a remote that is read-only
   * @throws ReadOnlyStoreException if the store was opened for lookups only
   * @throws StoreException if the remote cannot be listed, lies in the root or the root in it, or
   *     what its kind needs is not on the class path
   */
  public SyncReport sync(
      RemoteOptions with, SyncDirection direction, Collection<Fingerprint> keys, boolean dryRun) {
    ensureWritable();
    if (with.readOnly() && direction != SyncDirection.PULL) {
      throw new IllegalArgumentException("a read-only remote takes nothing: " + with.url());
    }
    try (ObjectStore there = ObjectStores.open(with, engine.root());
        LocalEntries here = localEntries()) {
      return Uninterrupted.apart(
          "warmstart-sync", () -> new SyncFlow(there, here).run(keys, direction, dryRun));
    }
  }

  /**
   * Looks whether a remote answers, and which entries of this root are not there, nor a later
   * version of their run: what has changed here since all was known to be there is compared with a
   * listing. Nothing goes there. What other processes have in journals is not seen; it is for a
   * second.
   *
   * <p><b>Blocks:</b> until that is known, for {@code most} at most; an interrupt does not end it.
   * A look that is late goes on with the step it is at, and a close of the store waits for that.
   *
   * @param with where it is; need not be the store's own remote
   * @param most how long to wait
   * @return what was found in that time
   * @throws ReadOnlyStoreException if the store was opened for lookups only
   */
  public RemoteComparison compare(RemoteOptions with, Duration most) {
    ensureWritable();
    StoreFailures.requireRoot(engine.rootWatch(), "nothing was compared");
    try (ObjectStore there = ObjectStores.open(with, engine.root())) {
      LocalEntries here = localEntries();
      try {
        return new CompareFlow(there, here).run(Limits.saturatedNanos(most));
      } finally {
        // The caller has waited for long enough; a close of the store waits for what is under way.
        here.closeToOthers();
      }
    }
  }

  /** For one operation: each of its steps in the root is one, its waits for the remote are none. */
  private LocalEntries localEntries() {
    return engine.localEntries(limits, foreignCheck.nanos(), operations);
  }

  /**
   * Closes the store, once all that other threads have under way in it has ended, what it saves in
   * the background is saved, and is in the remote if that answers, for {@link
   * RemoteOptions#flushWait()} at most, and as long for each claim that is still open. The last
   * store on a root makes pairs and writes accesses as {@link #flush} does; what cannot be written
   * then stays in the journal for the next process that opens the root. Leases stay valid; what is
   * reserved and not committed has ended, and so have claims. Where a step of this fails, it throws
   * that when all others are done, and the store is closed all the same. Later calls do nothing.
   *
   * <p><b>Threads:</b> an operation that has begun ends as if the store stayed open, but for these.
   * With IllegalStateException may end: a removal that waits for another process or for a version
   * in a journal, a claim that is being made or waited for ({@link Claim#await}), and a lookup that
   * has found nothing here and asks the remote. What else waits for the remote finds that it does
   * not answer. {@link #sync} and {@link #compare} end with the step that they are at, and tell
   * what they have done and that the store is closed. What begins after this was called gets
   * IllegalStateException. Called from within an operation, of this store or another, as by the
   * progress of a verification, it waits for none, and the operation that ends last closes the
   * store; what fails of that is logged.
   *
   * <p><b>Blocks:</b> for as long as those operations do, as a verification or a sweep of a large
   * root may for minutes, and one on a file system that does not answer until that does. It must
   * not be called by a thread that one of them waits for, as a shutdown hook is if one ends the
   * JVM. An interrupt does not end it.
   */
  @Override
  public void close() {
    closed = true;
    operations.close(this::letGo);
  }

  private void letGo() {
    // Later calls do nothing: so each step is taken whatever those before it have thrown. What is
    // saved has ended, and what was claimed is given back, before the remote is closed.
    try (seeds) {
      try (remote;
          claims;
          saves) {
        StoreBean registered = bean;
        if (registered != null) {
          registered.close();
        }
      } finally {
        leave();
      }
    }
  }

  private void leave() {
    try {
      engine.foreignChecks().remove(foreignCheck);
    } finally {
      leave(engine, options);
    }
  }

  private static void leave(Engine engine, StoreOptions options) {
    try {
      EngineRegistry.release(engine);
    } finally {
      options.listener().ifPresent(engine.notices()::remove);
    }
  }

  void ensureOpen() {
    if (closed) {
      throw new IllegalStateException(closedText());
    }
  }

  private String closedText() {
    return "the store is closed: root=" + engine.root();
  }

  /**
   * An operation that the engine stays for.
   *
   * @param failed what is said if the root is gone
   */
  private <T> T reading(String failed, Supplier<T> operation) {
    return operations.run(
        () -> {
          StoreFailures.requireRoot(engine.rootWatch(), failed);
          return operation.get();
        });
  }

  /** The same once all that was saved has become pairs. */
  private <T> T settled(String failed, Supplier<T> operation) {
    return reading(
        failed,
        () -> {
          engine.settleFlow().run();
          return operation.get();
        });
  }

  private <T> T writing(String failed, Supplier<T> operation) {
    ensureWritable();
    return reading(failed, operation);
  }

  private void ensureWritable() {
    ensureOpen();
    if (engine.readOnly()) {
      throw new ReadOnlyStoreException(
          "the store was opened for lookups only: root=" + engine.root());
    }
  }
}
