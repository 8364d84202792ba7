package io.warmstart.evict;

import io.warmstart.access.Expiry;
import io.warmstart.model.Digest256;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.Rankings;
import io.warmstart.recover.RootScan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * Victims by what a scan of the root has found, where the index does not know the whole: it cannot
 * be mapped, it has no room, or a process was stopped with a lock.
 */
final class ScannedVictims implements Victims {
  private final NavigableSet<Victim> victims = new TreeSet<>(Victim.ORDER);
  private final NavigableSet<Victim> retained = new TreeSet<>(Victim.ORDER);
  private final Map<Digest256, List<Candidate>> runs = new HashMap<>();
  private final Map<Digest256, Set<String>> bestAndLatest = new HashMap<>();
  private final Pins.Known pins;
  private final boolean keepsBestAndLatest;
  private long bytes;

  ScannedVictims(RootScan.Result scan, Expiry expiry, Pins.Known pins, Limits limits) {
    this.pins = pins;
    this.keepsBestAndLatest = limits.keepsBestAndLatest();
    for (RootScan.FoundEntry entry : scan.entries()) {
      victims.add(
          Victim.of(
              entry.directory().key(),
              expiry.facts(entry.directory().key(), entry.candidate(), entry.bytes())));
      runs.computeIfAbsent(entry.directory().key(), key -> new ArrayList<>())
          .add(entry.candidate());
    }
    bytes = scan.bytes();
  }

  @Override
  public OptionalLong bytes() {
    return OptionalLong.of(bytes);
  }

  @Override
  public List<Victim> usedLastBy(long unixNanos) {
    return victims.stream().filter(victim -> victim.lastUseNanos() <= unixNanos).toList();
  }

  @Override
  public Optional<Victim> next() {
    while (!victims.isEmpty()) {
      Victim next = victims.pollFirst();
      if (!next.isPinnedBy(pins)) {
        if (!keepsBestAndLatest || !isBestOrLatest(next)) {
          return Optional.of(next);
        }
        retained.add(next);
      }
    }
    return Optional.ofNullable(retained.pollFirst());
  }

  private boolean isBestOrLatest(Victim victim) {
    return bestAndLatest
        .computeIfAbsent(
            victim.key(), key -> Rankings.bestAndLatest(runs.getOrDefault(key, List.of())))
        .contains(String.valueOf(victim.runId()));
  }

  /** It was taken out already. */
  @Override
  public void skip(Victim victim) {}

  @Override
  public void removed(Victim victim, long removedBytes) {
    victims.remove(victim);
    runs.computeIfPresent(
        victim.key(),
        (key, ofKey) -> {
          ofKey.removeIf(each -> each.runId().equals(victim.runId()));
          return ofKey;
        });
    // The others stay what they are if it was neither.
    bestAndLatest.computeIfPresent(
        victim.key(), (key, kept) -> kept.contains(victim.runId()) ? null : kept);
    bytes -= removedBytes;
  }

  @Override
  public void quarantineShrank(long removedBytes, long heldBytes) {
    bytes -= removedBytes;
  }
}
