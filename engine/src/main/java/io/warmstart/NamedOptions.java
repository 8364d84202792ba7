package io.warmstart;

import io.warmstart.engine.EngineOptions;
import io.warmstart.foreign.ForeignCheck;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.Retention;
import io.warmstart.model.StoreListener;
import io.warmstart.policy.Limits;
import io.warmstart.policy.NamedLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What the options of a store name, and what that comes to for the parts of the engine. What is
 * null or empty they do not name: then the root says, or the engine. Changed only while the options
 * are made that hold it.
 */
final class NamedOptions {
  static final Duration DEFAULT_FOREIGN_CHECK_INTERVAL = Duration.ofMillis(10);

  OptionalLong budgetBytes = OptionalLong.empty();
  @Nullable Duration ttl;
  @Nullable Retention retention;
  PolicyUse policyUse = PolicyUse.AGREE;
  @Nullable Durability durability;
  boolean readOnly;
  @Nullable Duration foreignCheckInterval;
  @Nullable Path localDirectory;
  @Nullable EpochNanoClock clock;
  @Nullable StoreListener listener;
  boolean managed;
  @Nullable RemoteOptions remote;
  List<Path> seeds = List.of();
  FileOps fileOps = new NioFileOps();

  NamedOptions copy() {
    NamedOptions copy = new NamedOptions();
    copy.budgetBytes = budgetBytes;
    copy.ttl = ttl;
    copy.retention = retention;
    copy.policyUse = policyUse;
    copy.durability = durability;
    copy.readOnly = readOnly;
    copy.foreignCheckInterval = foreignCheckInterval;
    copy.localDirectory = localDirectory;
    copy.clock = clock;
    copy.listener = listener;
    copy.managed = managed;
    copy.remote = remote;
    copy.seeds = seeds;
    copy.fileOps = fileOps;
    return copy;
  }

  /** What a root is opened with that is a seed of a store with these. */
  NamedOptions ofSeed() {
    NamedOptions seed = new NamedOptions();
    seed.readOnly = true;
    seed.foreignCheckInterval = foreignCheckInterval;
    seed.clock = clock;
    seed.fileOps = fileOps;
    return seed;
  }

  /** The system's unless it is named. */
  EpochNanoClock clock() {
    // Not before a store is opened: an older Agrona, which has no such clock, is refused there.
    return clock == null ? SystemEpochNanoClock.INSTANCE : clock;
  }

  Duration foreignCheckInterval() {
    return foreignCheckInterval == null ? DEFAULT_FOREIGN_CHECK_INTERVAL : foreignCheckInterval;
  }

  /** What the engine is opened with. */
  EngineOptions engineOptions() {
    return new EngineOptions(readOnly, localDirectory, clock(), fileOps);
  }

  NamedLimits limits() {
    return new NamedLimits(
        budgetBytes, Optional.ofNullable(ttl), Optional.ofNullable(retention), policyUse, readOnly);
  }

  /**
   * How old an answer may be with respect to programs that know no index.
   *
   * @param besideOtherMachines whether there are such programs, whatever was said of them
   */
  ForeignCheck foreignCheck(boolean besideOtherMachines) {
    long nanos = Limits.saturatedNanos(foreignCheckInterval());
    return new ForeignCheck(
        besideOtherMachines ? Math.min(nanos, DEFAULT_FOREIGN_CHECK_INTERVAL.toNanos()) : nanos,
        foreignCheckInterval == null && !besideOtherMachines,
        besideOtherMachines);
  }
}
