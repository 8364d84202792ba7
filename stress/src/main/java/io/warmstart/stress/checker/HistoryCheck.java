package io.warmstart.stress.checker;

import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Checks the histories of a whole round, key by key. */
public final class HistoryCheck {
  private HistoryCheck() {}

  /**
   * Every answer that no order of the operations explains, at most one for each key.
   *
   * @param ends the versions found under each key at the end
   */
  public static List<Violation> violations(
      List<Operation> operations,
      Map<Integer, Set<Long>> ends,
      long endLooked,
      Vanishing vanishing) {
    Map<Integer, List<Operation>> byKey = new TreeMap<>();
    for (Operation each : operations) {
      if (each.kind() != Kind.SWEEP) {
        byKey.computeIfAbsent(each.key(), unused -> new ArrayList<>()).add(each);
      }
    }
    List<Violation> violations = new ArrayList<>();
    byKey.forEach(
        (key, ofKey) ->
            Linearizability.check(new KeyHistory(key, ofKey, ends.get(key), endLooked), vanishing)
                .ifPresent(violations::add));
    return violations;
  }

  /** The acknowledged saves under fresh runs that are not there at the end. */
  public static List<RemovalLedger.Gone> gone(
      List<Operation> operations, Map<Integer, Set<Long>> ends, long endLooked) {
    List<RemovalLedger.Gone> gone = new ArrayList<>();
    Map<Integer, Set<Long>> there = new HashMap<>(ends);
    for (Operation each : operations) {
      if (each.kind() == Kind.SAVE
          && each.acknowledged()
          && !there.getOrDefault(each.key(), Set.of()).contains(each.version())) {
        gone.add(new RemovalLedger.Gone(each.key(), each.version(), each.invoked(), endLooked));
      }
    }
    return gone;
  }
}
