package io.warmstart;

import io.warmstart.engine.EngineOptions;
import io.warmstart.io.FileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.Retention;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreMXBean;
import io.warmstart.model.StoreTrouble;
import io.warmstart.policy.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/** How a store behaves. Immutable; each {@code with} method returns a changed copy. */
public final class StoreOptions {
  /** 1 GiB. */
  public static final long DEFAULT_SIZE_BUDGET_BYTES = Limits.DEFAULT_SIZE_BUDGET_BYTES;

  /** 30 days. */
  public static final Duration DEFAULT_TTL = Limits.DEFAULT_TTL;

  /**
   * 10 ms. It holds where no interval is named and a program without an index was seen on the root
   * of late; on other roots looks are then 100 ms apart. See {@link #withForeignCheckInterval}.
   */
  public static final Duration DEFAULT_FOREIGN_CHECK_INTERVAL =
      NamedOptions.DEFAULT_FOREIGN_CHECK_INTERVAL;

  /** {@link Durability#POWER_SAFE}; see {@link #withDurability}. */
  public static final Durability DEFAULT_DURABILITY = Durability.POWER_SAFE;

  private static final StoreOptions DEFAULTS = new StoreOptions(new NamedOptions());

  private final NamedOptions named;

  private StoreOptions(NamedOptions named) {
    this.named = named;
  }

  private StoreOptions with(Consumer<NamedOptions> change) {
    NamedOptions changed = named.copy();
    change.accept(changed);
    return new StoreOptions(changed);
  }

  /**
   * The root's budget and TTL, the system's clock, for reading and writing.
   *
   * @return options that name nothing
   */
  public static StoreOptions defaults() {
    return DEFAULTS;
  }

  /**
   * The bytes that the root may take: payloads, manifests, leftovers and quarantine. After each
   * save others are evicted until it fits; the entry that was saved is not.
   *
   * <p>It belongs to the root: the first who names one sets it, for all who use the root; see
   * {@link #withPolicy}. Where nobody has, it is 1 GiB, or what the root takes up already.
   *
   * @param bytes 0 or more. A payload that is larger with its manifest is refused. With 0 nothing
   *     is: each save evicts what was there before it, and stays until the next, or a sweep
   * @return these options, changed
   */
  public StoreOptions withSizeBudgetBytes(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("size budget: expected>=0 actual=" + bytes);
    }
    return with(changed -> changed.budgetBytes = OptionalLong.of(bytes));
  }

  /**
   * How long after its last write or access an entry expires.
   *
   * <p>It belongs to the root: the first who names one sets it, for all who use the root; see
   * {@link #withPolicy}. Where nobody has, it is 30 days, for what is written since the root was
   * first opened for writing.
   *
   * @param duration not negative; zero = never
   * @return these options, changed
   */
  public StoreOptions withTtl(Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException("ttl: expected>=0 actual=" + duration);
    }
    return with(changed -> changed.ttl = duration);
  }

  /**
   * What eviction spares beside pinned entries: see {@link Retention}.
   *
   * <p>It belongs to the root: the first who names one sets it, for all who use the root; see
   * {@link #withPolicy}. Where nobody has, it is {@link Retention#ORIGINAL}.
   *
   * @param wanted for the sweeps of this library; other programs on the root have rules of their
   *     own
   * @return these options, changed
   */
  public StoreOptions withRetention(Retention wanted) {
    return with(changed -> changed.retention = Objects.requireNonNull(wanted));
  }

  /**
   * What a budget, a TTL or a retention that these options name mean beside those that the root
   * has: that they are the same, which is the default; that the root's are to be changed; or that
   * they hold for this store alone.
   *
   * <p>Where the disk has no room for the root's to be written down, the store opens all the same.
   * This process goes by what was named, and writes it within a second of there being room; what
   * another has named for the root meanwhile goes before it. It is told as {@link
   * StoreTrouble.Kind#DISK_FULL}.
   *
   * @param use {@link PolicyUse#AGREE} unless set
   * @return these options, changed
   */
  public StoreOptions withPolicy(PolicyUse use) {
    return with(changed -> changed.policyUse = Objects.requireNonNull(use));
  }

  /**
   * What each save of the store survives from the moment in which it returns, and who finds it
   * then; see {@link Durability}. By default a power cut ({@link Durability#POWER_SAFE}), and a
   * session's checkpoints the death of every process ({@link Session}). For a store that names a
   * budget, a TTL or a retention {@linkplain PolicyUse#THIS_STORE_ONLY for itself} the default of
   * both is {@link Durability#IN_FILES}: pairs of what lies in the journal are made by the root's
   * limits.
   *
   * @param wanted for all saves of the store that name no other
   * @return these options, changed
   */
  public StoreOptions withDurability(Durability wanted) {
    return with(changed -> changed.durability = Objects.requireNonNull(wanted));
  }

  /**
   * Whether the store is for lookups only: then it changes nothing on disk, touches included. It
   * reads the index that stores which may write keep up, where its user may, and keeps payloads in
   * its own memory; without one, each lookup reads the files.
   *
   * @param lookupsOnly false unless set
   * @return these options, changed
   */
  public StoreOptions withReadOnly(boolean lookupsOnly) {
    return with(changed -> changed.readOnly = lookupsOnly);
  }

  /**
   * How old the engine's knowledge of a key may be of what stores that know no index do to it: the
   * original store, another machine, a person. What our own processes do is seen at once.
   *
   * <p>A key that is looked up again and again is looked at in the background, by one process for
   * all; a lookup of a key that was at rest looks itself. With more keys in use than can be looked
   * at within the interval in a quarter of one processor's time, looks come later, for all in turn:
   * by up to a hundred intervals or a second, whichever is less, and another second. Where a root
   * is shared with other machines each lookup looks that finds the interval over.
   *
   * <p>Unless it is set, it is 10 ms where programs that know no index have left signs within the
   * last five minutes; else 100 ms, and with very many keys in use up to eleven seconds.
   *
   * @param interval zero = look on every lookup; very long = there are no such stores. Where there
   *     is a {@linkplain #withLocalDirectory local directory} there always are: the default counts
   *     then as the longest
   * @return these options, changed
   */
  public StoreOptions withForeignCheckInterval(Duration interval) {
    if (interval.isNegative()) {
      throw new IllegalArgumentException("foreign check interval: expected>=0 actual=" + interval);
    }
    return with(changed -> changed.foreignCheckInterval = interval);
  }

  /**
   * Where the processes of this machine share locks and index, instead of in the root. Needed for
   * nothing but a root that other machines write to; where the root's file system is not known to
   * be local, one is chosen without being asked, in {@code /dev/shm} or the JVM's temporary
   * directory.
   *
   * <p>All processes on this machine that use the root should name the same: others are to them as
   * if they ran on another machine.
   *
   * @param directory exists, on a file system of this machine. A directory of mode 0700 is made in
   *     it for each root
   * @return these options, changed
   */
  public StoreOptions withLocalDirectory(Path directory) {
    return with(changed -> changed.localDirectory = Objects.requireNonNull(directory));
  }

  /**
   * The clock that stamps and expiry go by. All stores of one root in a JVM share one.
   *
   * @param epochClock nanoseconds since 1970
   * @return these options, changed
   */
  public StoreOptions withClock(EpochNanoClock epochClock) {
    return with(changed -> changed.clock = Objects.requireNonNull(epochClock));
  }

  /**
   * Who is told what this process does to entries by itself on the root, and what goes wrong in the
   * background; see {@link StoreListener}. Each store has one at most.
   *
   * @param storeListener called on a thread of its own
   * @return these options, changed
   */
  public StoreOptions withListener(StoreListener storeListener) {
    return with(changed -> changed.listener = Objects.requireNonNull(storeListener));
  }

  /**
   * Whether the store is an MBean of the JVM while it is open; see {@link StoreMXBean}. Not by
   * default: to load what that takes costs a JVM that has no other some tens of milliseconds.
   *
   * @param asBean needs the JDK's module {@code java.management}
   * @return these options, changed
   */
  public StoreOptions withManagement(boolean asBean) {
    return with(changed -> changed.managed = asBean);
  }

  /**
   * A second home of the root's entries, which other machines have too; see {@link RemoteOptions}.
   * What is saved goes there in the background, and a lookup that misses asks there, once in a
   * while, and not for longer than a deadline. A hit never does. The remote fails no save and no
   * lookup.
   *
   * <p>Of a run that was saved on several machines the latest version counts. What was removed with
   * {@link WarmStartStore#remove} is removed there as well, unless the remote is read-only: then it
   * comes back with the next lookup that misses.
   *
   * @param remoteOptions where it is; not for a store for lookups only, which has nowhere to put
   *     what comes
   * @return these options, changed
   */
  public StoreOptions withRemote(RemoteOptions remoteOptions) {
    return with(changed -> changed.remote = Objects.requireNonNull(remoteOptions));
  }

  /**
   * Other roots whose entries are to start from where this one has none: last night's, those of a
   * colleague. A lookup that finds nothing in the root, nor in the remote, looks there, in the
   * order given, and so does all that looks up: a session that resumes, or asks whether the fit is
   * finished. The first that has an entry answers, whatever the others have. Whether a fit is
   * finished, for a session or a claim, is asked of all: a final result counts, wherever
   * checkpoints lie.
   *
   * <p>They are opened for lookups only: nothing is written to them or copied from them, a hit does
   * not put off expiry or eviction there, and what comes from there ends with their policies. Each
   * lookup that finds nothing anywhere reads files there. What cannot be read there counts as not
   * there, and is told in the log.
   *
   * @param roots directories that exist when the store is opened, none of them its root
   * @return these options, changed
   */
  public StoreOptions withSeeds(List<Path> roots) {
    List<Path> copy = List.copyOf(roots);
    return with(changed -> changed.seeds = copy);
  }

  /**
   * The operations on files that the engine uses: tests have them fail. Not part of the API, as is
   * the type, whose package is not exported.
   *
   * @param ops the JDK's unless set
   * @return these options, changed
   */
  public StoreOptions withFileOps(FileOps ops) {
    return with(changed -> changed.fileOps = ops);
  }

  /** {@return the budget that these options name, in bytes; the default if they name none} */
  public long sizeBudgetBytes() {
    return named.budgetBytes.orElse(DEFAULT_SIZE_BUDGET_BYTES);
  }

  /** {@return whether they name a budget} */
  public boolean namesSizeBudget() {
    return named.budgetBytes.isPresent();
  }

  /** {@return the TTL that these options name, zero = never; the default if they name none} */
  public Duration ttl() {
    return named.ttl == null ? DEFAULT_TTL : named.ttl;
  }

  /** {@return whether they name a TTL} */
  public boolean namesTtl() {
    return named.ttl != null;
  }

  /** {@return the retention that these options name; empty if they name none} */
  public Optional<Retention> retention() {
    return Optional.ofNullable(named.retention);
  }

  /** {@return what the limits that they name mean beside those of the root} */
  public PolicyUse policyUse() {
    return named.policyUse;
  }

  /** {@return what a save survives that these options name; the default if they name nothing} */
  public Durability durability() {
    if (named.durability != null) {
      return named.durability;
    }
    return named.limits().forThisStoreOnly() ? Durability.IN_FILES : DEFAULT_DURABILITY;
  }

  /** What they name, as they name it. */
  NamedOptions named() {
    return named;
  }

  /** {@return whether the store is for lookups only} */
  public boolean readOnly() {
    return named.readOnly;
  }

  /**
   * {@return how often a key is checked for foreign changes; {@link
   * #DEFAULT_FOREIGN_CHECK_INTERVAL} if it was not named}
   */
  public Duration foreignCheckInterval() {
    return named.foreignCheckInterval();
  }

  /** {@return whether the store is an MBean of the JVM} */
  public boolean management() {
    return named.managed;
  }

  /** {@return the remote; empty if none is named} */
  public Optional<RemoteOptions> remote() {
    return Optional.ofNullable(named.remote);
  }

  /** {@return who is told what happens; empty if nobody is} */
  public Optional<StoreListener> listener() {
    return Optional.ofNullable(named.listener);
  }

  /**
   * {@return where the processes of this machine share locks and index; null if it was not said}
   */
  public @Nullable Path localDirectory() {
    return named.localDirectory;
  }

  /** {@return the clock; the system's unless set} */
  public EpochNanoClock clock() {
    return named.clock();
  }

  /** {@return the roots that a lookup falls back on, in this order} */
  public List<Path> seeds() {
    return named.seeds;
  }

  /** What a root is opened with that is a seed of a store with these. */
  StoreOptions ofSeed() {
    return new StoreOptions(named.ofSeed());
  }

  /**
   * {@return what the engine is opened with} Not part of the API, as is the type, whose package is
   * not exported.
   */
  public EngineOptions engineOptions() {
    return named.engineOptions();
  }
}
