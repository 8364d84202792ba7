package io.warmstart.engine;

import io.warmstart.foreign.ForeignCheck;
import io.warmstart.foreign.ForeignChecks;
import io.warmstart.index.AbsentKeys;
import io.warmstart.index.HotEntry;
import io.warmstart.index.Lookout;
import io.warmstart.lookup.CensusRefresh;
import io.warmstart.lookup.CensusTaker;
import io.warmstart.lookup.ExplainFlow;
import io.warmstart.lookup.FileLook;
import io.warmstart.lookup.FileLookup;
import io.warmstart.lookup.InspectFlow;
import io.warmstart.lookup.KeySnapshots;
import io.warmstart.lookup.LookupAnswer;
import io.warmstart.lookup.LookupFlow;
import io.warmstart.lookup.Misfits;
import io.warmstart.lookup.RecordedLookup;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.UnsettledKeys;

/** What the lookups of all stores of one root share. */
final class LookupParts implements AutoCloseable {
  final UnsettledKeys unsettled = new UnsettledKeys();
  final AbsentKeys absentKeys;
  final Lookout lookout;
  final CensusRefresh censusRefresh;
  private final RootParts parts;
  private final PolicyInForce policy;
  private final FileLookup fileLookup;

  LookupParts(
      RootParts parts, PolicyInForce policy, RecoverFlow recoverFlow, ForeignChecks foreignChecks) {
    this.parts = parts;
    this.policy = policy;
    lookout =
        new Lookout(
            parts.winners,
            foreignChecks::lookNanos,
            parts.clock,
            this::used,
            parts.readOnly ? this::beat : () -> {});
    absentKeys = new AbsentKeys(parts.index, parts.root, parts.journal::keys);
    Misfits misfits =
        new Misfits(
            parts.root,
            parts.locks,
            recoverFlow,
            parts.foreignWriters,
            unsettled,
            parts.readOnly,
            parts.counters);
    KeySnapshots snapshots =
        new KeySnapshots(
            parts.root,
            parts.stripes,
            parts.readings,
            parts.ledger,
            parts.foreignTouches,
            parts.journal,
            parts.place.racyWindow(),
            new CensusTaker(
                parts.root.ops(),
                parts.stripes,
                parts.readings,
                parts.ledger,
                parts.census,
                parts.expiry,
                parts.foreignTouches));
    censusRefresh = new CensusRefresh(parts.root, parts.census, snapshots);
    fileLookup =
        new FileLookup(
            parts.root,
            new RecordedLookup(
                parts.root.ops(),
                parts.readings,
                parts.census,
                parts.stripes,
                parts.journal,
                parts.reader,
                parts.expiry,
                parts.foreignTouches,
                censusRefresh),
            snapshots,
            new FileLook.Parts(
                parts.reader,
                misfits,
                new LookupAnswer(
                    parts.winners,
                    parts.readings,
                    parts.stripes,
                    misfits,
                    parts.payloads,
                    parts.expiry,
                    parts.readOnly,
                    parts.counters,
                    parts.clock),
                parts.journal,
                parts.foreignWriters,
                parts.expiry,
                parts.rootWatch,
                parts.readOnly,
                parts.counters),
            policy);
  }

  /** The lookups of one store. */
  LookupFlow flow(StoreLimits limits, ForeignCheck foreignCheck) {
    return new LookupFlow(
        parts.winners,
        absentKeys,
        fileLookup,
        parts.expiry,
        parts.rootWatch,
        parts.ticks,
        parts.counters,
        parts.clock,
        limits,
        foreignCheck,
        parts.foreignTouches,
        lookout,
        parts.readOnly);
  }

  InspectFlow inspectFlow() {
    return new InspectFlow(
        parts.root,
        parts.journal,
        parts.recount,
        parts.quarantine,
        parts.expiry,
        parts.pins,
        parts.labels);
  }

  ExplainFlow explainFlow() {
    return new ExplainFlow(parts.root, parts.reader, parts.journal, parts.expiry, parts.clock);
  }

  /** Of an entry that another version may have replaced since, nobody is told any more. */
  private void used(HotEntry entry, long unixNanos) {
    if (parts.winners.stands(entry) && !parts.readOnly) {
      parts.winners.tellUse(entry, unixNanos);
      parts.expiry.noteHit(entry.directory().key(), entry.candidate(), unixNanos);
    }
  }

  /** What the housekeeper does where there is one. */
  private void beat() {
    parts.rootWatch.look();
    parts.index.heartbeat();
    policy.refreshIfDue();
  }

  @Override
  public void close() {
    lookout.close();
  }
}
