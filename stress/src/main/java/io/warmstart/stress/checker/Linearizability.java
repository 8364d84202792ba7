package io.warmstart.stress.checker;

import io.warmstart.stress.history.Operation;
import io.warmstart.stress.history.Version;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether some order of one key's operations explains every answer: each takes effect at one
 * instant between its call and its return.
 *
 * <p>Just-in-time linearization (Lowe, "Testing for linearizability", 2017): walk the calls and
 * returns in order of time and keep every configuration that is possible so far, that is, the key's
 * contents and which of the operations in flight have already taken effect. An operation is made to
 * take effect when it returns at the latest, after whichever others in flight it needs. If nothing
 * remains, no order explains the answer that came last.
 *
 * <p>A write that was never acknowledged stays in flight for ever: it may take effect at any later
 * time, or never. If a lookup is possible as things stand, no other operation need come before it:
 * what could come before can come after as well. For a write that does not hold, and all are tried.
 *
 * <p>Exponential in the operations in flight, hence the bounds; a history that passes them is an
 * error, never a pass.
 */
public final class Linearizability {
  private static final int MOST_IN_FLIGHT = 64;
  private static final int MOST_CONFIGURATIONS = 400_000;

  /** One way in which things may stand: contents, and the slots that have taken effect. */
  private record Configuration(Contents contents, long effective) {}

  private record Event(long at, boolean call, Operation operation) {}

  private final KeyModel model;
  private final KeyHistory history;
  private final @Nullable Operation[] slots = new Operation[MOST_IN_FLIGHT];
  private Set<Configuration> possible = new HashSet<>();

  private Linearizability(KeyHistory history, Vanishing vanishing) {
    this.history = history;
    this.model = new KeyModel(history, vanishing);
  }

  /**
   * Checks one key.
   *
   * @throws IllegalStateException if there is too much in flight to try every order
   */
  public static Optional<Violation> check(KeyHistory history, Vanishing vanishing) {
    return new Linearizability(history, vanishing).run();
  }

  private Optional<Violation> run() {
    possible.add(new Configuration(Contents.NONE, 0));
    for (Event event : events()) {
      Operation operation = event.operation();
      if (event.call()) {
        slots[freeSlot()] = operation;
        continue;
      }
      if (operation.version() != 0 && !model.wasWritten(operation.version())) {
        return Optional.of(
            new Violation(
                history.key(),
                "key "
                    + history.key()
                    + ": worker "
                    + operation.worker()
                    + " found version "
                    + Version.text(operation.version())
                    + ", which nobody wrote"));
      }
      Set<Configuration> next = takeEffect(slotOf(operation));
      if (next.isEmpty()) {
        return Optional.of(violation(operation));
      }
      slots[slotOf(operation)] = null;
      possible = forget(next, event.at());
    }
    return checkEnd();
  }

  private List<Event> events() {
    List<Event> events = new ArrayList<>();
    for (Operation each : history.operations()) {
      // A lookup that was never answered says nothing.
      if (each.acknowledged() || each.kind().writes()) {
        events.add(new Event(each.invoked(), true, each));
        if (each.acknowledged()) {
          events.add(new Event(each.responded(), false, each));
        }
      }
    }
    // At the same instant calls come first: then the two overlap, which allows more.
    events.sort(Comparator.comparingLong(Event::at).thenComparing(event -> !event.call()));
    return events;
  }

  /** The configurations in which the operation has taken effect, its slot free again. */
  private Set<Configuration> takeEffect(int slot) {
    Operation returning = operation(slot);
    long bit = 1L << slot;
    Set<Configuration> reached = new HashSet<>();
    Set<Configuration> seen = new HashSet<>(possible);
    Deque<Configuration> open = new ArrayDeque<>(possible);
    while (!open.isEmpty()) {
      Configuration each = open.removeFirst();
      if ((each.effective & bit) != 0) {
        reached.add(new Configuration(each.contents, each.effective & ~bit));
        continue;
      }
      Contents after = model.after(returning, each.contents);
      if (after != null) {
        reached.add(new Configuration(after, each.effective));
        if (after.equals(each.contents)) {
          continue;
        }
      }
      for (int other = 0; other < MOST_IN_FLIGHT; other++) {
        Operation inFlight = slots[other];
        long otherBit = 1L << other;
        if (inFlight == null || other == slot || (each.effective & otherBit) != 0) {
          continue;
        }
        Contents then = model.after(inFlight, each.contents);
        if (then != null) {
          Configuration more = new Configuration(then, each.effective | otherBit);
          if (seen.add(more)) {
            open.addLast(more);
          }
        }
      }
      if (seen.size() > MOST_CONFIGURATIONS) {
        throw new IllegalStateException(
            "undecided: more than %d ways to order what is in flight on key %d"
                .formatted(MOST_CONFIGURATIONS, history.key()));
      }
    }
    return reached;
  }

  private Set<Configuration> forget(Set<Configuration> configurations, long now) {
    Set<Configuration> smaller = new HashSet<>();
    for (Configuration each : configurations) {
      smaller.add(new Configuration(model.withoutForgotten(each.contents, now), each.effective));
    }
    return smaller;
  }

  /** All have ended: what is still in flight are writes of the dead. */
  private Optional<Violation> checkEnd() {
    Set<Long> end = history.end();
    if (end == null) {
      return Optional.empty();
    }
    Set<Configuration> seen = new HashSet<>(possible);
    Deque<Configuration> open = new ArrayDeque<>(possible);
    while (!open.isEmpty()) {
      Configuration each = open.removeFirst();
      if (model.endsAs(each.contents, end, history.endLooked())) {
        return Optional.empty();
      }
      for (int slot = 0; slot < MOST_IN_FLIGHT; slot++) {
        Operation unfinished = slots[slot];
        if (unfinished != null && (each.effective & (1L << slot)) == 0) {
          Contents then = model.after(unfinished, each.contents);
          if (then != null) {
            Configuration more = new Configuration(then, each.effective | (1L << slot));
            if (seen.add(more)) {
              open.addLast(more);
            }
          }
        }
      }
    }
    StringBuilder found = new StringBuilder();
    end.stream().sorted().limit(12).forEach(each -> found.append(Version.text(each)).append(' '));
    Contents expected = possible.iterator().next().contents;
    StringBuilder held = new StringBuilder();
    for (int i = 0; i < Math.min(12, expected.size()); i++) {
      held.append(Version.text(expected.version(i))).append(' ');
    }
    return Optional.of(
        new Violation(
            history.key(),
            "key %d: at the end %d versions were found (%s), which no order explains; one order"
                    .formatted(history.key(), end.size(), found.toString().strip())
                + " leaves %d (%s)".formatted(expected.size(), held.toString().strip())));
  }

  private Violation violation(Operation operation) {
    return Violation.of(
        history.key(),
        operation,
        possible.stream().map(Configuration::contents).distinct().toList());
  }

  private Operation operation(int slot) {
    Operation operation = slots[slot];
    if (operation == null) {
      throw new IllegalStateException("slot " + slot + " is free");
    }
    return operation;
  }

  private int freeSlot() {
    for (int slot = 0; slot < MOST_IN_FLIGHT; slot++) {
      if (slots[slot] == null) {
        return slot;
      }
    }
    throw new IllegalStateException(
        "undecided: more than %d operations in flight on key %d"
            .formatted(MOST_IN_FLIGHT, history.key()));
  }

  private int slotOf(Operation operation) {
    for (int slot = 0; slot < MOST_IN_FLIGHT; slot++) {
      if (operation.equals(slots[slot])) {
        return slot;
      }
    }
    throw new IllegalStateException("not in flight: " + operation);
  }
}
