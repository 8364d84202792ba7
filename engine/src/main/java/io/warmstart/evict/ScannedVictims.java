package io.warmstart.evict;

import io.warmstart.access.Expiry;
import io.warmstart.format.Candidate;
import io.warmstart.format.Rankings;
import io.warmstart.model.Digest256;
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
  private long bytes;

  ScannedVictims(RootScan.Result scan, Expiry expiry) {
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
    return Optional.ofNullable(victims.pollFirst());
  }

  /** It was taken out already. */
  @Override
  public void skip(Victim victim) {}

  @Override
  public void spare(Victim victim, boolean last) {
    if (last) {
      retained.add(victim);
    }
  }

  @Override
  public Optional<Victim> nextRetained() {
    return Optional.ofNullable(retained.pollFirst());
  }

  /**
   * As it was when the root was scanned: the best and the latest go last, so they stay the same.
   */
  @Override
  public boolean isBestOrLatest(Victim victim) {
    return bestAndLatest
        .computeIfAbsent(
            victim.key(), key -> Rankings.bestAndLatest(runs.getOrDefault(key, List.of())))
        .contains(String.valueOf(victim.runId()));
  }

  @Override
  public void removed(Victim victim, long removedBytes) {
    victims.remove(victim);
    bytes -= removedBytes;
  }

  @Override
  public void quarantineShrank(long removedBytes, long heldBytes) {
    bytes -= removedBytes;
  }
}
