package io.warmstart.stress.power;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * The saves of a cycle: which versions were handed in, which was acknowledged last of each entry,
 * and which of them the power may not take. For one thread at a time.
 */
final class Acknowledged {
  /** An entry by key number and run id. */
  record Place(int key, String runId) {}

  private final Map<Long, Place> issued = new HashMap<>();
  private final Map<Place, Long> latest = new HashMap<>();

  /** What must be found after the cut, or a later version. */
  private final Map<Place, Long> durable = new HashMap<>();

  /** A version is handed in: whatever becomes of it, it may be found, there alone. */
  void issue(Place place, long version) {
    issued.put(version, place);
  }

  /**
   * A save has returned.
   *
   * @param survives whether it must outlive a power cut
   */
  void acknowledge(Place place, long version, boolean survives) {
    latest.put(place, version);
    if (survives) {
      durable.put(place, version);
    }
  }

  /** There are pairs of all: from here on the power may take none of them. */
  void allSurvive() {
    durable.putAll(latest);
  }

  /** An eviction has left these, and pairs of all of them. */
  void retain(Predicate<Place> isThere) {
    latest.keySet().removeIf(isThere.negate());
    durable.clear();
    allSurvive();
  }

  /** One of the entries, if there is any. */
  Place any(SplittableRandom random) {
    List<Place> all = new ArrayList<>(latest.keySet());
    return all.get(random.nextInt(all.size()));
  }

  boolean isEmpty() {
    return latest.isEmpty();
  }

  Set<Place> places() {
    return latest.keySet();
  }

  /** The numbers of the keys that have entries. */
  Set<Integer> keys() {
    Set<Integer> keys = new HashSet<>();
    latest.keySet().forEach(place -> keys.add(place.key()));
    return keys;
  }

  /** The version that was acknowledged last; 0 if none was. */
  long latest(Place place) {
    return latest.getOrDefault(place, 0L);
  }

  /** The version that must be there, or a later one; 0 if none must. */
  long least(Place place) {
    return durable.getOrDefault(place, 0L);
  }

  /** The same of a key: the latest of those that must be there. */
  long leastOfKey(int key) {
    return durable.entrySet().stream()
        .filter(each -> each.getKey().key() == key)
        .mapToLong(Map.Entry::getValue)
        .max()
        .orElse(0);
  }

  /** Whether a version was handed in for that entry. */
  boolean isOf(Place place, long version) {
    return place.equals(issued.get(version));
  }
}
