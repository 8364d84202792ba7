package io.warmstart.policy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Stamp;
import io.warmstart.format.StoredPolicy;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.format.StoredPolicy.Ttl;
import io.warmstart.io.IoFailure;
import io.warmstart.model.PolicyConflictException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.RootPolicy;
import io.warmstart.model.RootPolicy.Origin;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.process.StripeLocks;
import io.warmstart.runtime.EngineLog;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The policy of the root as this process knows it, and the one place that sets it.
 *
 * <p>Reading it takes no lock: the file is replaced whole. It is changed under the sweep stripe, so
 * that of two who name different values at once one is refused, and no sweep goes by a policy that
 * is being replaced. The housekeeper looks at the file's identity now and then, a sweep each time.
 *
 * <p>A default comes into force before it deletes anything, and not later than it is written down:
 * the TTL when the root is opened, for what is written from then on; the budget with the first
 * eviction that it would cause, and then a root that was larger already keeps its size. A policy
 * that cannot be read deletes nothing.
 *
 * <p>What a store names holds for this process even where the disk has no room to write it down:
 * lookups are not refused for that, and a sweep by it makes the room, also in place of a policy
 * that is damaged, if the store may change that. The housekeeper tries again, and whatever another
 * process has named meanwhile goes before it.
 *
 * <p>Safe for all threads.
 */
public final class PolicyInForce {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** For a default, which can wait for a sweep under way: the housekeeper tries again. */
  private static final long DEFAULT_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long EXPIRE_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final String NOT_WRITTEN = "the root's policy cannot be written";

  private static final String NOT_WRITTEN_YET =
      "the root's policy cannot be written yet, the store goes by what it names all the same";

  private final RootDirectory root;
  private final StripeLocks stripes;
  private final EpochNanoClock clock;
  private final Notices notices;
  private final PolicyFile file;
  private volatile State state;
  private volatile long lookedAt;
  private volatile boolean defaultTtlWanted;
  private volatile long expiredAt = System.nanoTime() - EXPIRE_EVERY_NANOS;

  /**
   * What this process goes by.
   *
   * @param found what is written
   * @param unwritten what its stores have named, and the disk has no room for; null if there is
   *     nothing
   */
  private record State(PolicyFile.Found found, @Nullable UnwrittenPolicy unwritten, Limits limits) {
    StoredPolicy policy() {
      return unwritten == null ? found.policy() : unwritten.over(found.policy());
    }

    @Nullable String hindrance() {
      return unwritten != null && unwritten.repairs() ? null : found.damage();
    }
  }

  public PolicyInForce(
      RootDirectory root,
      StripeLocks stripes,
      ChangeAges ages,
      Notices notices,
      EpochNanoClock clock) {
    this.root = root;
    this.stripes = stripes;
    this.notices = notices;
    this.clock = clock;
    this.file = new PolicyFile(root.ops(), root.path(), ages);
    this.state = stateOf(file.read(), null);
    this.lookedAt = System.nanoTime();
    tellDamage();
  }

  private static State stateOf(PolicyFile.Found found, @Nullable UnwrittenPolicy unwritten) {
    State made = new State(found, unwritten, Limits.NONE);
    return made.hindrance() != null ? made : new State(found, unwritten, Limits.of(made.policy()));
  }

  /** What all stores go by that have named nothing for themselves. No system call. */
  public Limits limits() {
    return state.limits();
  }

  /** Why the policy cannot be used; null if it can. */
  public @Nullable String damage() {
    return state.found().damage();
  }

  /** Why nothing goes: the damage, unless this process goes by what is to replace it; or null. */
  public @Nullable String hindrance() {
    return state.hindrance();
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
    @Nullable String before = hindrance();
    PolicyFile.Found found = file.read();
    State last = state;
    if (!found.equals(last.found())) {
      UnwrittenPolicy unwritten = last.unwritten();
      state = stateOf(found, unwritten == null ? null : unwritten.without(last.found(), found));
    }
    if (before == null) {
      tellDamage();
    }
  }

  private void tellDamage() {
    String damage = hindrance();
    if (damage != null) {
      EngineLog.warning(
          "nothing is evicted and nothing expires, the root's policy is damaged: " + damage);
    }
  }

  /** As it is written. */
  public RootPolicy describe() {
    refresh();
    return state.found().describe();
  }

  /**
   * A store is opened: what it names must be the root's, or becomes it. Where there is no room to
   * write it down, this process goes by it all the same, and it is written later.
   *
   * @throws PolicyConflictException if the root has others, and no change was asked for
   * @throws StoreException if what was named could not be written for another reason
   * @throws IOException if the lock could not be taken
   */
  public void agree(NamedLimits named) throws IOException {
    refresh();
    requireAgreement(named);
    boolean damaged = hindrance() != null;
    boolean repairs = named.use() == PolicyUse.CHANGE && named.any();
    if (named.readOnly() || (damaged && !repairs)) {
      return;
    }
    StoredPolicy wanted = wanted(named);
    if (!damaged && wanted.equals(state.policy())) {
      setDefaultTtl(named);
      return;
    }
    agreeInWriting(named);
    if (state.unwritten() != null) {
      setDefaultTtl(named);
    }
  }

  private void agreeInWriting(NamedLimits named) throws IOException {
    try (StripeLocks.Hold hold = stripes.acquireSweep(PATIENCE_NANOS)) {
      // Somebody else may have named others meanwhile.
      readAgain();
      requireAgreement(named);
      StoredPolicy wanted = wanted(named);
      if (named.ttl().isEmpty() && wanted.ttl() == null) {
        wanted = wanted.with(defaultTtl());
      }
      if (damage() != null || !wanted.equals(state.found().policy())) {
        publishOrTell(wanted, hold);
      }
      goByWhatIsNotWritten(named);
    }
  }

  private void publishOrTell(StoredPolicy wanted, StripeLocks.Hold hold) {
    try {
      publish(wanted, hold);
    } catch (IOException e) {
      boolean full = IoFailure.of(e, file.path()) == IoFailure.FULL;
      StoreException failure =
          StoreFailures.ofWriting(full ? NOT_WRITTEN_YET : NOT_WRITTEN, file.path(), e);
      if (!full) {
        throw failure;
      }
      notices.trouble(Kind.DISK_FULL, String.valueOf(failure.getMessage()), failure);
    }
  }

  /** This store may have named other values for what stores have named before. */
  private synchronized void goByWhatIsNotWritten(NamedLimits named) {
    State last = state;
    state =
        stateOf(
            last.found(),
            UnwrittenPolicy.of(
                last.found().policy(),
                wanted(named),
                (named.use() == PolicyUse.CHANGE && last.found().damaged())
                    || (last.unwritten() != null && last.unwritten().repairs())));
  }

  /** Tries again what could not be written, or had to wait for a sweep. */
  public void tryToWrite() {
    tryUnwritten();
    trySetDefaultTtl();
  }

  private void tryUnwritten() {
    if (state.unwritten() == null) {
      return;
    }
    try (StripeLocks.Hold hold = stripes.acquireSweep(DEFAULT_PATIENCE_NANOS)) {
      if (!hold.heldAcrossProcesses()) {
        return;
      }
      readAgain();
      State now = state;
      UnwrittenPolicy unwritten = now.unwritten();
      if (unwritten == null || hindrance() != null) {
        return;
      }
      publish(now.policy(), hold);
      EngineLog.info("the root's policy is written down now: file=" + file.path());
    } catch (IOException e) {
      // It has been told, and the housekeeper tries again.
      EngineLog.debug(NOT_WRITTEN_YET + ": " + StoreFailures.describe(e) + " file=" + file.path());
    }
  }

  private void requireAgreement(NamedLimits named) {
    PolicyAgreement.require(state.policy(), named, root.path());
  }

  /** The policy with what is named for the root. */
  private StoredPolicy wanted(NamedLimits named) {
    return PolicyAgreement.wanted(state.policy(), named, now());
  }

  private Stamp now() {
    return Stamp.ofUnixNanos(clock.nanoTime());
  }

  private Ttl defaultTtl() {
    return new Ttl(Limits.DEFAULT_TTL, Origin.DEFAULT, now());
  }

  /** Brings the default TTL into force for what is written from now on, if there is none yet. */
  private void setDefaultTtl(NamedLimits named) {
    if (named.ttl().isEmpty() && hindrance() == null && state.policy().ttl() == null) {
      defaultTtlWanted = true;
      trySetDefaultTtl();
    }
  }

  private void trySetDefaultTtl() {
    if (!defaultTtlWanted) {
      return;
    }
    try (StripeLocks.Hold hold = stripes.acquireSweep(DEFAULT_PATIENCE_NANOS)) {
      if (!hold.heldAcrossProcesses()) {
        return;
      }
      readAgain();
      StoredPolicy policy = state.policy();
      defaultTtlWanted = false;
      if (hindrance() == null && policy.ttl() == null) {
        publish(policy.with(defaultTtl()), hold);
        tellDefaultTtl();
      }
    } catch (IOException e) {
      // Nothing expires by a TTL that is not written down. The housekeeper tries again.
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
    if (hindrance() != null || state.limits().budgetInForce()) {
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
      file.publish(policy, hold.heldAcrossProcesses() && !root.besideOtherMachines());
    } finally {
      readAgain();
    }
  }
}
