package io.warmstart.stress.scenario;

import io.warmstart.stress.frame.Run;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.scenario.Casualties.Death;
import io.warmstart.stress.worker.Names;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How soon others are answered after a death, on the key that the dead worker was at: all who
 * waited already, from the death on, and the first who came after it. Where another worker dies on
 * the key before that answer, which may have had the lock by then, the answer is that death's.
 *
 * <p>On a machine that others use, a process may be kept from a processor for a second. So a late
 * answer is counted in any case, and is a problem only if the key was to blame: in a round whose
 * operations are prompt otherwise, and if nobody else was answered on that key meanwhile; of the
 * writers, if a write was late. Nor is it to blame where each save sweeps and no other key's save
 * was begun and answered meanwhile: then all have waited for sweeps.
 */
final class Answers {
  private static final long PROMPT_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  static final String IN_TIME = "answers within a second of a death on their key";
  static final String LATE = "answers later than that";
  static final String ANOTHER_DEATHS = "answers after another death on the key";

  private Answers() {}

  /**
   * Counts and judges the answers of a round.
   *
   * @param evicting whether saves sweep
   */
  static void check(Run run, List<Operation> operations, List<Death> deaths, boolean evicting) {
    Map<Integer, Integer> keyOfDead = new HashMap<>();
    Map<Integer, List<Operation>> byKey = new HashMap<>();
    List<Long> durations = new ArrayList<>();
    for (Operation each : operations) {
      if (each.responded() == Operation.NEVER) {
        keyOfDead.put(each.worker(), each.key());
      } else {
        byKey.computeIfAbsent(each.key(), unused -> new ArrayList<>()).add(each);
        durations.add(each.responded() - each.invoked());
      }
    }
    if (durations.isEmpty()) {
      return;
    }
    durations.sort(Comparator.naturalOrder());
    boolean quiet = durations.get(durations.size() - 1 - durations.size() / 100) < QUIET_NANOS;
    byKey.values().forEach(each -> each.sort(Comparator.comparingLong(Operation::invoked)));
    Map<Integer, List<Death>> deathsOnKey = new HashMap<>();
    for (Death death : deaths) {
      Integer key = keyOfDead.get(death.worker());
      if (key != null) {
        deathsOnKey.computeIfAbsent(key, unused -> new ArrayList<>()).add(death);
      }
    }
    for (Death death : deaths) {
      Integer key = keyOfDead.get(death.worker());
      // A sweep is the whole root's; its stripe is taken by the next sweep, not by saves.
      if (key != null && key >= 0) {
        List<Operation> onKey = byKey.getOrDefault(key, List.of());
        for (Operation each : onKey) {
          if (each.responded() < death.atNanos()) {
            continue;
          }
          if (anotherDied(deathsOnKey.getOrDefault(key, List.of()), each, death)) {
            run.count(ANOTHER_DEATHS, 1);
          } else {
            boolean excused =
                !quiet
                    || othersAnswered(onKey, each, death)
                    || (evicting && allWritersWaited(operations, each));
            answered(run, death, each, excused, () -> meanwhile(operations, deaths, each));
          }
          if (each.invoked() >= death.atNanos()) {
            break;
          }
        }
      }
    }
  }

  private static boolean anotherDied(List<Death> deathsOnKey, Operation answer, Death death) {
    return deathsOnKey.stream()
        .anyMatch(each -> each.atNanos() > death.atNanos() && each.atNanos() < answer.responded());
  }

  private static boolean othersAnswered(List<Operation> onKey, Operation late, Death death) {
    return onKey.stream()
        .anyMatch(
            each ->
                each.worker() != late.worker()
                    && each.invoked() >= death.atNanos()
                    && each.responded() < late.responded()
                    && each.acknowledged()
                    && (each.kind().writes() || !late.kind().writes()));
  }

  /** A write that waits for a sweep, others' too, has no key to blame. */
  private static boolean allWritersWaited(List<Operation> operations, Operation late) {
    return late.kind().writes()
        && operations.stream()
            .noneMatch(
                each ->
                    each.kind().writes()
                        && each.key() != late.key()
                        && each.acknowledged()
                        && each.invoked() > late.invoked()
                        && each.responded() < late.responded());
  }

  private static void answered(
      Run run, Death death, Operation answer, boolean excused, Supplier<String> meanwhile) {
    long nanos = answer.responded() - Math.max(answer.invoked(), death.atNanos());
    run.latency("next answer after a death", nanos);
    run.count(nanos <= PROMPT_NANOS ? IN_TIME : LATE, 1);
    if (nanos > PROMPT_NANOS) {
      String what =
          "worker %d died, and %s on its key took %d ms after that; %s"
              .formatted(death.worker(), answer, millis(nanos), meanwhile.get());
      if (excused) {
        run.note("not the key's fault: " + what);
      } else {
        run.problem(what);
      }
    }
  }

  /** What tells whether a late answer waited for the key, for somebody else, or for a processor. */
  private static String meanwhile(
      List<Operation> operations, List<Death> deaths, Operation answer) {
    List<Long> answers =
        operations.stream()
            .filter(each -> each.worker() != answer.worker() && each.acknowledged())
            .map(Operation::responded)
            .filter(each -> each > answer.invoked() && each < answer.responded())
            .sorted()
            .toList();
    long last = answer.invoked();
    long longest = 0;
    for (long each : answers) {
      longest = Math.max(longest, each - last);
      last = each;
    }
    longest = Math.max(longest, answer.responded() - last);
    StringBuilder text = new StringBuilder();
    text.append(answers.size()).append(" answers of others meanwhile, none for ");
    text.append(millis(longest)).append(" ms; died:");
    String key = Names.key(answer.key()).toHex();
    for (Death each : deaths) {
      if (each.atNanos() > answer.invoked() && each.atNanos() < answer.responded()) {
        text.append(" worker ").append(each.worker());
        text.append(" after ").append(millis(each.atNanos() - answer.invoked())).append(" ms");
        operations.stream()
            .filter(one -> one.worker() == each.worker() && one.responded() == Operation.NEVER)
            .forEach(
                one -> text.append(" at ").append(one.kind()).append(" key ").append(one.key()));
        text.append(each.held().contains(key) ? ", this key held then" : "");
      }
    }
    return text.toString();
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
