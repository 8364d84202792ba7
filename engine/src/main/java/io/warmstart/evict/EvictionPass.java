package io.warmstart.evict;

import io.warmstart.evict.EntryRemoval.Outcome;
import io.warmstart.key.KeyRecount;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.EvictionReport.Reason;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.notice.Notices;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import io.warmstart.quarantine.Quarantine;
import io.warmstart.quarantine.QuarantinedFile;
import io.warmstart.recover.RecoverFlow;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A pass of a sweep over what may go: removes what has expired, and then, while the root is over
 * its budget, quarantined files, oldest first, and entries in their order. Each entry under its
 * key's lock, and only if its manifest confirms by what it was chosen ({@link EntryRemoval}).
 *
 * <p>The caller holds the sweep stripe.
 */
public final class EvictionPass {
  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final RecoverFlow recoverFlow;
  private final EntryRemoval removal;
  private final Quarantine quarantine;
  private final PolicyInForce policy;
  private final Pins pins;
  private final Notices notices;
  private final Counters counters;
  private final EpochNanoClock clock;

  public EvictionPass(
      RootDirectory root,
      RecoveringLocks locks,
      RecoverFlow recoverFlow,
      EntryRemoval removal,
      Quarantine quarantine,
      PolicyInForce policy,
      Pins pins,
      Notices notices,
      Counters counters,
      EpochNanoClock clock) {
    this.root = root;
    this.locks = locks;
    this.recoverFlow = recoverFlow;
    this.removal = removal;
    this.quarantine = quarantine;
    this.policy = policy;
    this.pins = pins;
    this.notices = notices;
    this.counters = counters;
    this.clock = clock;
  }

  /**
   * Removes what must go.
   *
   * @return false if the total has come into doubt meanwhile, or the root is over its budget still
   *     and some that were to go had been used
   * @throws IOException if the quarantine cannot be listed
   */
  boolean run(Sweep sweep, Victims victims, StripeLocks.Hold hold) throws IOException {
    expire(sweep, victims);
    settleBudget(sweep, hold, victims.bytes().orElse(0));
    if (sweep.isOver(victims)) {
      removeQuarantined(sweep, victims);
    }
    boolean stayed = false;
    // What others save from now on they sweep themselves. A sweep that took that too would not end
    // while they save as fast as it removes, and all would wait for it.
    long due = victims.bytes().orElse(0) - sweep.limits.sizeBudgetBytes();
    long removedBefore = sweep.tally.removedBytes();
    while (sweep.isOver(victims) && sweep.tally.removedBytes() - removedBefore < due) {
      Optional<Victim> next = victims.next();
      if (next.isEmpty()) {
        break;
      }
      Outcome outcome = remove(sweep, victims, next.get(), null);
      if (outcome != Outcome.REMOVED) {
        // Whatever the reason: not again in this pass, or it might never end.
        victims.skip(next.get());
        stayed |= outcome != Outcome.SPARED;
      }
    }
    OptionalLong total = victims.bytes();
    sweep.tally.bytesAfter = total.orElse(0);
    return total.isPresent() && !(stayed && sweep.isOver(victims));
  }

  private void expire(Sweep sweep, Victims victims) {
    if (sweep.limits.ttlNanos() == 0 || (sweep.spared != null && !policy.mayExpire(sweep.limits))) {
      return;
    }
    for (Victim old : victims.usedLastBy(clock.nanoTime() - sweep.limits.ttlNanos())) {
      // One that was last used before the TTL came into force was written before it too.
      if (old.lastUseNanos() >= sweep.limits.ttlSinceNanos() && !old.isPinnedBy(pins.known())) {
        remove(sweep, victims, old, sweep.limits);
      }
    }
  }

  /**
   * A default budget comes into force before the first entry goes by it. Not in the background:
   * nobody who saves has missed the room yet.
   */
  private void settleBudget(Sweep sweep, StripeLocks.Hold hold, long bytes) {
    if (sweep.limits.budgetInForce() || bytes <= sweep.limits.sizeBudgetBytes()) {
      return;
    }
    if (sweep.background) {
      sweep.limits = sweep.limits.withBudget(Long.MAX_VALUE);
      return;
    }
    long added = sweep.spared == null ? 0 : sweep.spared.addedBytes();
    Limits settled = policy.bringDefaultBudgetIntoForce(hold, bytes, bytes - added);
    sweep.limits =
        policy.hindrance() == null ? sweep.limits.withBudget(settled.sizeBudgetBytes()) : settled;
  }

  /** Removes an entry; only if it has expired, where limits are given. */
  private Outcome remove(Sweep sweep, Victims victims, Victim victim, @Nullable Limits expiredBy) {
    try {
      EntryRemoval.Removal done = removal.remove(victim, expiredBy, sweep.spared);
      if (done.outcome() == Outcome.BROKEN) {
        mend(sweep, victims, root.directory(victim.key()));
      } else if (done.outcome() == Outcome.REMOVED) {
        boolean old = expiredBy != null;
        victims.removed(victim, done.bytes());
        Reason reason = old ? Reason.EXPIRED : Reason.OVER_BUDGET;
        sweep.tally.removed(victim.key(), done.runId(), done.bytes(), reason);
        notices.removed(
            new EvictionReport.Removed(
                Fingerprint.ofDigest(victim.key()), done.runId(), done.bytes(), reason));
        counters.count(old ? StoreCounter.EXPIRED : StoreCounter.EVICTED);
      }
      return done.outcome();
    } catch (IOException e) {
      sweep.tally.failures++;
      return Outcome.STAYS;
    }
  }

  /** What cannot be read must not push out what can: into quarantine, and from there first. */
  private void mend(Sweep sweep, Victims victims, KeyDirectory directory) throws IOException {
    KeyRecount.Found found;
    try (KeyUpdate update = locks.acquire(directory)) {
      found = update.recount();
    }
    recoverFlow.run(directory, found.listing(), sweep.tally.recovered);
    if (sweep.isOver(victims)) {
      removeQuarantined(sweep, victims);
    }
  }

  private void removeQuarantined(Sweep sweep, Victims victims) throws IOException {
    List<QuarantinedFile> files = quarantine.list();
    long held = files.stream().mapToLong(QuarantinedFile::bytes).sum();
    victims.quarantineShrank(0, held);
    for (QuarantinedFile file : files) {
      if (!sweep.isOver(victims)) {
        return;
      }
      if (removeQuarantined(sweep, file)) {
        held -= file.bytes();
        victims.quarantineShrank(file.bytes(), held);
      }
    }
  }

  private boolean removeQuarantined(Sweep sweep, QuarantinedFile file) {
    try {
      root.ops().unlink(file.path());
      sweep.tally.quarantineRemoved++;
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      sweep.tally.failures++;
      return false;
    }
  }
}
