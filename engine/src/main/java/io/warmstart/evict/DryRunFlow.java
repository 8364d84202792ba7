package io.warmstart.evict;

import io.warmstart.access.Expiry;
import io.warmstart.format.Candidate;
import io.warmstart.format.Rankings;
import io.warmstart.index.EntryFacts;
import io.warmstart.index.RecordedEntry;
import io.warmstart.index.SpaceLedger;
import io.warmstart.key.KeyRecount;
import io.warmstart.model.Digest256;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.EvictionReport.Reason;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.Quarantine;
import io.warmstart.pair.QuarantinedFile;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.policy.PolicyInForce;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    Map<Digest256, List<RecordedEntry>> recorded = recorded();
    List<Found> found = new ArrayList<>();
    long bytes = 0;
    long otherFiles = 0;
    long otherBytes = 0;
    long entries = 0;
    Pins.Known pinned = pins.lookOrNone();
    for (Digest256 key : root.keys()) {
      KeyDirectory directory = root.directory(key);
      try {
        KeyListing scan = KeyListing.withSizes(root.ops(), directory);
        bytes += recount.bytesOf(directory, scan);
        otherFiles += scan.otherFiles();
        otherBytes += scan.otherBytes();
        List<Candidate> lasting = new ArrayList<>();
        List<Found> mortal = new ArrayList<>();
        for (Candidate candidate : scan.candidates()) {
          Found each = found(directory, candidate, scan, recorded.getOrDefault(key, List.of()));
          boolean isPinned = pinned.covers(key, candidate.runId());
          if (isPinned || !each.old()) {
            lasting.add(candidate);
          }
          if (!isPinned) {
            mortal.add(each);
          }
        }
        Set<String> last = limits.keepsBestAndLatest() ? Rankings.bestAndLatest(lasting) : Set.of();
        mortal.forEach(each -> found.add(each.lastIf(last)));
        entries += scan.candidates().size();
      } catch (IOException e) {
        tally.failures++;
      }
    }
    List<QuarantinedFile> quarantined = quarantine.list();
    bytes += quarantined.stream().mapToLong(QuarantinedFile::bytes).sum();
    tally.before(entries, bytes);
    tally.other(otherFiles, otherBytes);
    long budget =
        limits.budgetInForce()
            ? limits.sizeBudgetBytes()
            // The root would keep its size.
            : Math.max(limits.sizeBudgetBytes(), bytes);
    if (policy.damage() != null) {
      tally.failures++;
    }
    tally.bytesAfter = remove(found, quarantined, bytes, budget);
    return tally.report(budget, true);
  }

  private long remove(
      List<Found> found, List<QuarantinedFile> quarantined, long bytes, long budget) {
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

  /** Hits of other processes that no manifest tells yet are known to the index alone. */
  private Map<Digest256, List<RecordedEntry>> recorded() {
    Map<Digest256, List<RecordedEntry>> recorded = new HashMap<>();
    for (RecordedEntry entry : ledger.usedLastBy(Long.MAX_VALUE)) {
      recorded.computeIfAbsent(entry.key(), key -> new ArrayList<>()).add(entry);
    }
    return recorded;
  }

  private Found found(
      KeyDirectory directory, Candidate candidate, KeyListing scan, List<RecordedEntry> recorded) {
    long now = clock.nanoTime();
    long bytes = scan.pairBytes(candidate.runId());
    EntryFacts facts = expiry.facts(directory.key(), candidate, bytes);
    long lastUse = facts.lastUseNanos();
    boolean accessed = facts.accessed();
    boolean old = expiry.isExpired(limits, directory.key(), candidate);
    for (RecordedEntry entry : recorded) {
      if (entry.isOf(candidate.runId()) && entry.accessed()) {
        lastUse = Math.max(lastUse, entry.lastUseNanos());
        accessed = true;
        old &= limits.isPast(entry.lastUseNanos(), now);
      }
    }
    Victim victim = new Victim(directory.key(), candidate.runId(), lastUse, accessed, null);
    return new Found(victim, bytes, old, false);
  }
}
