package io.warmstart.stress.checker;

import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.history.Version;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a key must do, one operation at a time: a set of runs, each with one version. A write puts
 * its version in place of its run's version before. A lookup of the lowest objective answers with
 * the lowest that is there, and with a miss only if nothing is. What should have been answered and
 * was not must have vanished by then, and may have only while something removed entries.
 */
final class KeyModel {
  private final Map<Long, Write> writes = new HashMap<>();
  private final Vanishing vanishing;

  KeyModel(KeyHistory history, Vanishing vanishing) {
    this.vanishing = vanishing;
    Map<Long, Long> lastReads = new HashMap<>();
    for (Operation each : history.operations()) {
      if (each.kind().reads() && each.acknowledged() && each.version() != 0) {
        lastReads.merge(each.version(), each.responded(), Math::max);
      }
    }
    Set<Long> end = history.end();
    for (Operation each : history.operations()) {
      if (each.kind().writes()) {
        writes.put(
            each.version(),
            new Write(
                each.run(),
                Version.objective(each.version()),
                each.invoked(),
                lastReads.getOrDefault(each.version(), 0L),
                end != null && end.contains(each.version())));
      }
    }
  }

  boolean wasWritten(long version) {
    return writes.containsKey(version);
  }

  /** The contents after an operation; null if it cannot have answered so here. */
  @Nullable Contents after(Operation operation, Contents before) {
    if (operation.kind().writes()) {
      return afterWrite(operation, before);
    }
    long found = operation.version();
    if (found != 0 && !before.holds(found)) {
      return null;
    }
    if (operation.kind() == Kind.LATEST && found != 0) {
      return before;
    }
    double lowest = found == 0 ? Double.POSITIVE_INFINITY : write(found).objective();
    Contents left = before;
    for (int i = 0; i < before.size(); i++) {
      long other = before.version(i);
      Write write = write(other);
      if (other != found && write.objective() < lowest) {
        if (!vanishing.possible(write.invoked(), operation.responded())) {
          return null;
        }
        left = left.without(other);
      }
    }
    return left;
  }

  private Contents afterWrite(Operation operation, Contents before) {
    Contents left = before;
    if (operation.run() >= 0) {
      for (int i = 0; i < before.size(); i++) {
        if (write(before.version(i)).run() == operation.run()) {
          left = left.without(before.version(i));
        }
      }
    }
    return left.with(operation.version());
  }

  /** Whether the end can have been found so. */
  boolean endsAs(Contents contents, Set<Long> end, long looked) {
    int there = 0;
    for (int i = 0; i < contents.size(); i++) {
      long version = contents.version(i);
      if (end.contains(version)) {
        there++;
      } else if (!vanishing.possible(write(version).invoked(), looked)) {
        return false;
      }
    }
    return there == end.size();
  }

  /**
   * Drops what nothing to come will find and what may have vanished already: to let it vanish now
   * explains all that to let it vanish later would.
   */
  Contents withoutForgotten(Contents contents, long now) {
    Contents left = contents;
    for (int i = 0; i < contents.size(); i++) {
      Write write = write(contents.version(i));
      if (!write.neededAfter(now) && vanishing.possible(write.invoked(), now)) {
        left = left.without(contents.version(i));
      }
    }
    return left;
  }

  private Write write(long version) {
    Write write = writes.get(version);
    if (write == null) {
      throw new IllegalStateException("nobody wrote version " + Version.text(version));
    }
    return write;
  }
}
