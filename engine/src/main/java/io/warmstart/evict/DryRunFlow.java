package io.warmstart.evict;

import io.warmstart.access.Expiry;
import io.warmstart.index.SpaceLedger;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.key.KeyRecount;
import io.warmstart.model.Digest256;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.EvictionReport.Reason;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.quarantine.Quarantine;
import io.warmstart.quarantine.QuarantinedFile;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.Rankings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.EpochNanoClock;

/**
 * What a sweep would remove, without its effects: lists all files, takes the later of what
 * manifests and index say of each entry's last use, and goes through the order of eviction. Takes
 * no lock.
 */
public final class DryRunFlow {
  private final RootDirectory root;
  private final SpaceLedger ledger;
  private final KeyRecount recount;
  private final Quarantine quarantine;
  private final PolicyInForce policy;
  private final Pins pins;
  private final Expiry expiry;
  private final EpochNanoClock clock;
  private final Limits limits;
  private final SweepTally tally = new SweepTally();
  private final List<Found> found = new ArrayList<>();
  private long entries;
  private long bytes;
  private long otherFiles;
  private long otherBytes;
  private long unreadableBytes;

  private record Found(Victim victim, long bytes, boolean old, boolean last) {
    /** The same that goes last if its run is among those. */
    Found lastIf(Set<String> runs) {
      return new Found(victim, bytes, old, runs.contains(String.valueOf(victim.runId())));
    }
  }

  public DryRunFlow(
      RootDirectory root,
      SpaceLedger ledger,
      KeyRecount recount,
      Quarantine quarantine,
      PolicyInForce policy,
      Pins pins,
      Expiry expiry,
      EpochNanoClock clock,
      Limits limits) {
    this.root = root;
    this.ledger = ledger;
    this.recount = recount;
    this.quarantine = quarantine;
    this.policy = policy;
    this.pins = pins;
    this.expiry = expiry;
    this.clock = clock;
    this.limits = limits;
  }

  public EvictionReport run() {
    try {
      return tell();
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot look at root", root.path(), e);
    }
  }

  private EvictionReport tell() throws IOException {
    // Hits of other processes that no manifest tells yet are known to the index alone.
    RecordedUses recorded = new RecordedUses(ledger.usedLastBy(Long.MAX_VALUE));
    Pins.Known pinned = pins.lookOrNone();
    for (Digest256 key : root.keys()) {
      try {
        look(root.directory(key), recorded, pinned);
      } catch (IOException e) {
        tally.failures++;
        bytes += ledger.bytes(key);
        unreadableBytes += ledger.bytes(key);
      }
    }
    tally.unreadable(unreadableBytes);
    List<QuarantinedFile> quarantined = quarantine.list();
    bytes += quarantined.stream().mapToLong(QuarantinedFile::bytes).sum();
    tally.before(entries, bytes);
    tally.other(otherFiles, otherBytes);
    long budget = limits.budgetOver(bytes);
    if (policy.hindrance() != null) {
      tally.failures++;
    }
    tally.bytesAfter = remove(quarantined, budget);
    return tally.report(budget, true);
  }

  private void look(KeyDirectory directory, RecordedUses recorded, Pins.Known pinned)
      throws IOException {
    KeyListing listing = KeyListing.withSizes(root.ops(), directory);
    bytes += recount.bytesOf(directory, listing);
    otherFiles += listing.otherFiles();
    otherBytes += listing.otherBytes();
    unreadableBytes += listing.unreadableBytes();
    List<Candidate> lasting = new ArrayList<>();
    List<Found> mortal = new ArrayList<>();
    for (Candidate candidate : listing.candidates()) {
      Found each = found(directory, candidate, listing, recorded);
      boolean isPinned = pinned.covers(directory.key(), candidate.runId());
      if (isPinned || !each.old()) {
        lasting.add(candidate);
      }
      if (!isPinned) {
        mortal.add(each);
      } else {
        tally.pinnedBytes += each.bytes();
      }
    }
    Set<String> last = limits.keepsBestAndLatest() ? Rankings.bestAndLatest(lasting) : Set.of();
    mortal.forEach(each -> found.add(each.lastIf(last)));
    entries += listing.candidates().size();
  }

  private long remove(List<QuarantinedFile> quarantined, long budget) {
    long left = bytes;
    List<Found> stays = new ArrayList<>();
    for (Found each : found) {
      if (each.old()) {
        left -= each.bytes();
        remove(each, Reason.EXPIRED);
      } else {
        stays.add(each);
      }
    }
    for (QuarantinedFile file : quarantined) {
      if (left > budget) {
        left -= file.bytes();
        tally.quarantineRemoved++;
      }
    }
    stays.sort(Comparator.comparing(Found::last).thenComparing(Found::victim, Victim.ORDER));
    for (Found each : stays) {
      if (left > budget) {
        left -= each.bytes();
        remove(each, Reason.OVER_BUDGET);
      }
    }
    return left;
  }

  private void remove(Found entry, Reason reason) {
    Victim victim = entry.victim();
    tally.removed(victim.key(), String.valueOf(victim.runId()), entry.bytes(), reason);
  }

  private Found found(
      KeyDirectory directory, Candidate candidate, KeyListing listing, RecordedUses recorded) {
    long now = clock.nanoTime();
    long pairBytes = listing.pairBytes(candidate.runId());
    EntryFacts facts = expiry.facts(directory.key(), candidate, pairBytes);
    long lastUse = facts.lastUseNanos();
    boolean accessed = facts.accessed();
    boolean old = expiry.isExpired(limits, directory.key(), candidate);
    RecordedEntry entry = recorded.of(directory.key(), candidate.runId());
    if (entry != null) {
      lastUse = Math.max(lastUse, entry.lastUseNanos());
      accessed = true;
      old &= limits.isPast(entry.lastUseNanos(), now);
    }
    Victim victim = new Victim(directory.key(), candidate.runId(), lastUse, accessed, null);
    return new Found(victim, pairBytes, old, false);
  }
}
