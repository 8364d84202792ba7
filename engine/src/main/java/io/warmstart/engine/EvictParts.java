package io.warmstart.engine;

import io.warmstart.evict.DryRunFlow;
import io.warmstart.evict.EntryRemoval;
import io.warmstart.evict.EvictionPass;
import io.warmstart.evict.RemoveFlow;
import io.warmstart.evict.SweepFlow;
import io.warmstart.foreign.ForeignChecks;
import io.warmstart.key.LabelFlow;
import io.warmstart.pair.PairRemoval;
import io.warmstart.policy.Limits;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.RootScan;
import io.warmstart.runtime.Operations;

/** What removes entries of one root, and what finds out that some must go. */
final class EvictParts {
  final SweepFlow sweepFlow;
  final DueScans dueScans;
  private final RootParts parts;
  private final PolicyInForce policy;
  private final EntryRemoval removal;

  EvictParts(
      RootParts parts,
      PolicyInForce policy,
      RecoverFlow recoverFlow,
      LabelFlow labelFlow,
      ForeignChecks foreignChecks) {
    this.parts = parts;
    this.policy = policy;
    RootScan rootScan =
        new RootScan(
            parts.root,
            parts.stripes,
            parts.ledger,
            recoverFlow,
            parts.recount,
            parts.quarantine,
            parts.ages);
    removal =
        new EntryRemoval(
            parts.root,
            parts.locks,
            new PairRemoval(parts.root.ops(), parts.pairWriter),
            parts.expiry,
            parts.pins,
            parts.journal,
            parts.clock);
    sweepFlow =
        new SweepFlow(
            parts.root,
            parts.stripes,
            parts.ledger,
            rootScan,
            new EvictionPass(
                parts.root,
                parts.locks,
                recoverFlow,
                removal,
                parts.quarantine,
                policy,
                parts.pins,
                parts.notices,
                parts.counters,
                parts.clock),
            policy,
            parts.pins,
            parts.pinnedBytes,
            parts.expiry,
            labelFlow,
            parts.siblings::noticeDeaths,
            parts.notices,
            parts.counters);
    dueScans =
        new DueScans(
            parts.siblings,
            parts.rootWatch,
            parts.ledger,
            rootScan,
            sweepFlow,
            foreignChecks::nanos,
            parts.root.besideOtherMachines(),
            parts.counters);
  }

  /**
   * The removals on request.
   *
   * @param settle has all that was saved become pairs
   */
  RemoveFlow removeFlow(Runnable settle, Operations operations) {
    return new RemoveFlow(parts.root, removal, parts.journal, parts.pins, settle, operations);
  }

  DryRunFlow dryRun(Limits limits) {
    return new DryRunFlow(
        parts.root,
        parts.ledger,
        parts.recount,
        parts.quarantine,
        policy,
        parts.pins,
        parts.expiry,
        parts.clock,
        limits);
  }
}
