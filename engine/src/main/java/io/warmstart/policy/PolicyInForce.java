package io.warmstart.policy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Stamp;
import io.warmstart.format.StoredPolicy;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.format.StoredPolicy.Origin;
import io.warmstart.format.StoredPolicy.Ttl;
import io.warmstart.io.EngineLog;
import io.warmstart.model.PolicyConflictException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The policy of the root as this process knows it, and the one place that sets it.
 *
 * <p>Reading it takes no lock: the file is replaced whole. It is changed under the sweep stripe, so
 * that of two who name different values at once one is refused, and no sweep goes by a policy that
 * is being replaced. The agent looks at the file's identity now and then, a sweep each time.
 *
 * <p>A default comes into force before it deletes anything, and not later than it is written down:
 * the TTL when the root is opened, for what is written from then on; the budget with the first
 * eviction that it would cause, and then a root that was larger already keeps its size. A policy
 * that cannot be read deletes nothing.
 *
 * <p>Safe for all threads.
 */
public final class PolicyInForce {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** For a default, which can wait for a sweep under way: the agent tries again. */
  private static final long DEFAULT_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long EXPIRE_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final RootDirectory root;
  private final StripeLocks locks;
  private final boolean besideOtherMachines;
  private final EpochNanoClock clock;
  private final PolicyFile file;
  private volatile State state;
  private volatile long lookedAt;
  private volatile boolean defaultTtlWanted;
  private volatile long expiredAt = System.nanoTime() - EXPIRE_EVERY_NANOS;

  private record State(PolicyFile.Found found, Limits limits) {}

  public PolicyInForce(
      RootDirectory root,
      StripeLocks locks,
      ChangeAges ages,
      boolean besideOtherMachines,
      EpochNanoClock clock) {
    this.root = root;
    this.locks = locks;
    this.besideOtherMachines = besideOtherMachines;
    this.clock = clock;
    this.file = new PolicyFile(root.ops(), root.path(), ages);
    this.state = stateOf(file.read());
    this.lookedAt = System.nanoTime();
    tellDamage();
  }

  private static State stateOf(PolicyFile.Found found) {
    return new State(found, limitsOf(found));
  }

  private static Limits limitsOf(PolicyFile.Found found) {
    if (found.damaged()) {
      return Limits.NONE;
    }
    Budget budget = found.policy().budget();
    Ttl ttl = found.policy().ttl();
    long since =
        ttl == null || ttl.origin() != Origin.DEFAULT ? 0 : ttl.since().toUnixNanosSaturated();
    return Limits.of(
        budget == null ? Limits.DEFAULT_SIZE_BUDGET_BYTES : budget.bytes(),
        budget != null,
        ttl == null ? 0 : Limits.saturatedNanos(ttl.duration()),
        since,
        retentionOf(found));
  }

  private static Retention retentionOf(PolicyFile.Found found) {
    Retention named = found.policy().retention();
    return named == null ? Retention.ORIGINAL : named;
  }

  /** What all stores go by that have named nothing for themselves. No system call. */
  public Limits limits() {
    return state.limits();
  }

  /** Why the policy cannot be used; null if it can. */
  public @Nullable String damage() {
    return state.found().damage();
  }

  public PolicyFile file() {
    return file;
  }

  /** Looks at the file, unless somebody did so a moment ago. */
  public void refreshIfDue() {
    if (System.nanoTime() - lookedAt >= LOOK_EVERY_NANOS) {
      refresh();
    }
  }

  /** Looks at the file, and reads it if it is another. */
  public void refresh() {
    lookedAt = System.nanoTime();
    if (file.changedSince(state.found())) {
      readAgain();
    }
  }

  private synchronized void readAgain() {
    @Nullable String before = damage();
    PolicyFile.Found found = file.read();
    if (!found.equals(state.found())) {
      state = stateOf(found);
    }
    if (before == null) {
      tellDamage();
    }
  }

  private void tellDamage() {
    String damage = damage();
    if (damage != null) {
      EngineLog.warning(
          "nothing is evicted and nothing expires, the root's policy is damaged: " + damage);
    }
  }

  public RootPolicy describe() {
    refresh();
    PolicyFile.Found found = state.found();
    Budget budget = found.policy().budget();
    Ttl ttl = found.policy().ttl();
    return new RootPolicy(
        budget == null ? OptionalLong.empty() : OptionalLong.of(budget.bytes()),
        origin(budget == null ? Origin.DEFAULT : budget.origin()),
        Optional.ofNullable(ttl).map(Ttl::duration),
        origin(ttl == null ? Origin.DEFAULT : ttl.origin()),
        Optional.ofNullable(ttl)
            .map(each -> Instant.ofEpochSecond(each.since().unixSecs(), each.since().nanos())),
        retentionOf(found),
        Optional.ofNullable(found.damage()));
  }

  private static RootPolicy.Origin origin(Origin origin) {
    return switch (origin) {
      case NAMED -> RootPolicy.Origin.NAMED;
      case DEFAULT -> RootPolicy.Origin.DEFAULT;
      case KEPT -> RootPolicy.Origin.KEPT;
    };
  }

  /**
   * A store is opened: what it names must be the root's, or becomes it.
   *
   * @throws PolicyConflictException if the root has others, and no change was asked for
   * @throws IOException if what was named could not be written
   */
  public void agree(NamedLimits named) throws IOException {
    refresh();
    requireAgreement(named);
    boolean damaged = damage() != null;
    boolean repairs = named.use() == PolicyUse.CHANGE && named.any();
    if (named.readOnly() || (damaged && !repairs)) {
      return;
    }
    StoredPolicy wanted = wanted(named);
    if (!damaged && wanted.equals(state.found().policy())) {
      setDefaultTtl(named);
      return;
    }
    try (StripeLocks.Hold hold = locks.acquireSweep(PATIENCE_NANOS)) {
      // Somebody else may have named others meanwhile.
      readAgain();
      requireAgreement(named);
      wanted = wanted(named);
      if (named.ttl().isEmpty() && wanted.ttl() == null) {
        wanted = wanted.with(defaultTtl());
      }
      if (damage() != null || !wanted.equals(state.found().policy())) {
        publish(wanted, hold);
      }
    }
  }

  private void requireAgreement(NamedLimits named) {
    if (named.use() != PolicyUse.AGREE) {
      return;
    }
    StoredPolicy policy = state.found().policy();
    Budget budget = policy.budget();
    if (named.budgetBytes().isPresent()
        && budget != null
        && budget.origin() == Origin.NAMED
        && budget.bytes() != named.budgetBytes().getAsLong()) {
      throw conflict(
          "size budget", budget.bytes() + " bytes", named.budgetBytes().getAsLong() + " bytes");
    }
    Ttl ttl = policy.ttl();
    if (named.ttl().isPresent()
        && ttl != null
        && ttl.origin() == Origin.NAMED
        && !ttl.duration().equals(named.ttl().get())) {
      throw conflict("ttl", ttl.duration().toString(), named.ttl().get().toString());
    }
    Retention retention = policy.retention();
    if (named.retention().isPresent()
        && retention != null
        && retention != named.retention().get()) {
      throw conflict("retention", retention.toString(), named.retention().get().toString());
    }
  }

  private PolicyConflictException conflict(String what, String ofRoot, String named) {
    return new PolicyConflictException(
        what
            + " is not the root's: expected="
            + ofRoot
            + " actual="
            + named
            + " (StoreOptions.withPolicy changes the root's, or names them for this store only)"
            + " root="
            + root.path());
  }

  /** The policy with what is named for the root. */
  private StoredPolicy wanted(NamedLimits named) {
    StoredPolicy wanted = state.found().policy();
    if (named.use() == PolicyUse.THIS_STORE_ONLY) {
      return wanted;
    }
    if (named.budgetBytes().isPresent()) {
      wanted = wanted.with(new Budget(named.budgetBytes().getAsLong(), Origin.NAMED));
    }
    Ttl ttl = wanted.ttl();
    boolean same =
        ttl != null
            && ttl.origin() == Origin.NAMED
            && Optional.of(ttl.duration()).equals(named.ttl());
    if (named.ttl().isPresent() && !same) {
      wanted = wanted.with(new Ttl(named.ttl().get(), Origin.NAMED, now()));
    }
    if (named.retention().isPresent()) {
      wanted = wanted.with(named.retention().get());
    }
    return wanted;
  }

  private Stamp now() {
    return Stamp.ofUnixNanos(clock.nanoTime());
  }

  private Ttl defaultTtl() {
    return new Ttl(Limits.DEFAULT_TTL, Origin.DEFAULT, now());
  }

  /** Brings the default TTL into force for what is written from now on, if there is none yet. */
  private void setDefaultTtl(NamedLimits named) {
    if (named.ttl().isEmpty() && damage() == null && state.found().policy().ttl() == null) {
      defaultTtlWanted = true;
      trySetDefaultTtl();
    }
  }

  /** Tries again what could not be written, or had to wait for a sweep. */
  public void trySetDefaultTtl() {
    if (!defaultTtlWanted) {
      return;
    }
    try (StripeLocks.Hold hold = locks.acquireSweep(DEFAULT_PATIENCE_NANOS)) {
      if (!hold.heldAcrossProcesses()) {
        return;
      }
      readAgain();
      StoredPolicy policy = state.found().policy();
      defaultTtlWanted = false;
      if (damage() == null && policy.ttl() == null) {
        publish(policy.with(defaultTtl()), hold);
        tellDefaultTtl();
      }
    } catch (IOException e) {
      // Nothing expires by a TTL that is not written down. The agent tries again.
      defaultTtlWanted = true;
      EngineLog.debug(
          "the default TTL is not in force yet: "
              + StoreFailures.describe(e)
              + " file="
              + file.path());
    }
  }

  private void tellDefaultTtl() throws IOException {
    List<String> names = root.ops().list(root.path());
    if (names.stream().anyMatch(DirectoryNames::isKeyDirectory)) {
      EngineLog.info(
          "nobody has named a TTL: from now on "
              + Limits.DEFAULT_TTL.toDays()
              + " days hold for what is written; nothing that is there expires. root="
              + root.path());
    }
  }

  /**
   * Whether the sweep of a save is to look for what has expired. Under a default TTL, entries from
   * before it may be many, old, and never go: then once a minute is enough.
   */
  public boolean mayExpire(Limits limits) {
    long now = System.nanoTime();
    boolean due = limits.ttlSinceNanos() == 0 || now - expiredAt >= EXPIRE_EVERY_NANOS;
    if (due) {
      expiredAt = now;
    }
    return due;
  }

  /**
   * The default budget would cause an eviction. It comes into force now, unless the root was larger
   * already: then it keeps the size that it has.
   *
   * @param hold the sweep stripe
   * @param bytes the root's
   * @param bytesBefore the same without what was just saved
   * @return what the sweep goes by
   */
  public Limits bringDefaultBudgetIntoForce(StripeLocks.Hold hold, long bytes, long bytesBefore) {
    readAgain();
    if (damage() != null || state.limits().budgetInForce()) {
      return state.limits();
    }
    boolean larger = bytesBefore > Limits.DEFAULT_SIZE_BUDGET_BYTES;
    Budget budget =
        larger
            ? new Budget(bytes, Origin.KEPT)
            : new Budget(Limits.DEFAULT_SIZE_BUDGET_BYTES, Origin.DEFAULT);
    try {
      publish(state.found().policy().with(budget), hold);
    } catch (IOException e) {
      EngineLog.warning(
          "nothing is evicted, the default budget could not be written down: "
              + StoreFailures.describe(e)
              + " file="
              + file.path());
      return Limits.NONE;
    }
    EngineLog.info(
        "nobody has named a size budget: "
            + (larger
                ? "the root is larger than the default and keeps its size"
                : "the default is in force from now on")
            + ", budget="
            + budget.bytes()
            + " root="
            + root.path());
    return state.limits();
  }

  private synchronized void publish(StoredPolicy policy, StripeLocks.Hold hold) throws IOException {
    try {
      // Beside other machines the stripe keeps out the processes of this one only.
      file.publish(policy, hold.heldAcrossProcesses() && !besideOtherMachines);
    } finally {
      readAgain();
    }
  }
}
