package io.warmstart.stress.fault;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreException;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.worker.Names;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One operation with one call failing in it, and all that must hold afterwards: it succeeded or
 * said so in the store's own terms; what was saved before is there; the same operation succeeds
 * once the fault is gone; and a sweep leaves nothing that is wrong or left over.
 */
final class FaultTrial {
  private static final int PAYLOAD_BYTES = 700;
  private static final int KEY = 0;
  private static final int OTHER_KEY = 1;
  private static final int NEW_KEY = 2;
  private static final int SHARED = 0;
  private static final Set<Call> ALL = EnumSet.allOf(Call.class);

  private final Target target;
  private final Path root;
  private final FaultPoint faultPoint;
  private final List<String> problems = new ArrayList<>();
  private @Nullable WarmStartStore store;
  private long versions;
  private long saved;
  private long shared;
  private long attempted;

  FaultTrial(Target target, Path root, FaultPoint faultPoint) {
    this.target = target;
    this.root = root;
    this.faultPoint = faultPoint;
  }

  /** What must not be, one line each. */
  List<String> problems() {
    return problems;
  }

  /**
   * Runs the trial.
   *
   * @return whether there was a call to act on
   */
  boolean run(Action action, Errno error, long at) {
    if (target != Target.OPEN_NEW_ROOT) {
      prepare();
    }
    faultPoint.arm(ALL, root + "*", action, error, at);
    Optional<Throwable> failure = attempt(this::operate);
    faultPoint.disarm();
    boolean acted = faultPoint.acted() > 0;
    failure.ifPresent(this::judge);
    check("after the fault", () -> examine(failure));
    check("the same without the fault", this::operate);
    check("after that", () -> examine(Optional.empty()));
    check("the sweep and the verification at the end", this::settle);
    return acted;
  }

  private void prepare() {
    WarmStartStore fresh = WarmStartStore.open(root, options(1L << 40));
    saved = next();
    fresh.save(Names.key(KEY), Version.payload(saved, -1, KEY, PAYLOAD_BYTES), attributes(saved));
    long other = next();
    fresh.save(
        Names.key(OTHER_KEY),
        Version.payload(other, -1, OTHER_KEY, PAYLOAD_BYTES),
        attributes(other));
    shared = next();
    overwrite(fresh, shared);
    if (target.recovers()) {
      cutOffOverwrite(fresh);
    }
    if (target.needsOpenStore()) {
      store = fresh;
    } else {
      fresh.close();
    }
  }

  /** The second rename fails. */
  private void cutOffOverwrite(WarmStartStore open) {
    attempted = next();
    faultPoint.arm(EnumSet.of(Call.RENAME), root + "/*", Action.FAIL_ONCE, Errno.EIO, 2);
    Optional<Throwable> failure = attempt(() -> overwrite(open, attempted));
    faultPoint.disarm();
    if (failure.isEmpty()) {
      problems.add("an overwrite whose renames failed succeeded");
    }
  }

  private void operate() {
    switch (target) {
      case OPEN_NEW_ROOT, OPEN -> {
        if (store == null) {
          store = WarmStartStore.open(root, options(1L << 40));
        }
      }
      case SAVE_TO_NEW_KEY -> save(NEW_KEY);
      case SAVE_TO_EXISTING_KEY -> save(KEY);
      case OVERWRITE -> {
        attempted = next();
        overwrite(open(), attempted);
      }
      case LOOKUP, LOOKUP_RECOVERS -> lookUp(KEY);
      case SWEEP -> {
        try (WarmStartStore small = WarmStartStore.open(root, options(2_500))) {
          small.evictOverflow();
        }
      }
      case SWEEP_RECOVERS -> open().evictOverflow();
      case REPAIR -> open().repair();
    }
  }

  private void save(int key) {
    attempted = next();
    open()
        .save(
            Names.key(key),
            Version.payload(attempted, -1, key, PAYLOAD_BYTES),
            attributes(attempted));
  }

  private void overwrite(WarmStartStore in, long version) {
    in.saveOverwrite(
        Names.key(KEY),
        Names.sharedRun(SHARED),
        Version.payload(version, SHARED, KEY, PAYLOAD_BYTES),
        attributes(version));
  }

  /** A failure must be one that callers can expect, and must say where it happened. */
  private void judge(Throwable failure) {
    if (!(failure instanceof StoreException)) {
      problems.add("threw what no caller expects: " + chain(failure));
    } else if (!String.valueOf(failure.getMessage()).contains("=")) {
      problems.add("names no file: " + chain(failure));
    }
  }

  /** What was there before must be there, whole; an overwrite is old, or new, never neither. */
  private void examine(Optional<Throwable> failure) {
    if (target == Target.OPEN_NEW_ROOT) {
      return;
    }
    if (target != Target.SWEEP) {
      lookUp(KEY);
      lookUp(OTHER_KEY);
    }
    if (target != Target.OVERWRITE) {
      return;
    }
    // A save that was cut off is completed by the next reader that comes to its run.
    open().lookupLatest(Names.key(KEY)).ifPresent(Entry::close);
    long found = sharedVersion();
    boolean mayBeNew = failure.isEmpty() || failure.get() instanceof DurabilityUnknownException;
    boolean mayBeOld =
        failure.isPresent() && !(failure.get() instanceof DurabilityUnknownException);
    if (!(mayBeNew && found == attempted) && !(mayBeOld && found == shared)) {
      problems.add(
          "the overwrite %s, and version %s is there; old %s, new %s"
              .formatted(
                  failure.map(FaultTrial::chain).orElse("succeeded"),
                  Version.text(found),
                  Version.text(shared),
                  Version.text(attempted)));
    }
    shared = found;
  }

  /** The version of the shared run: its verdict tells its iteration, which is the version. */
  private long sharedVersion() {
    return open().explain(Names.key(KEY), Ranking.LATEST).candidates().stream()
        .filter(each -> each.usable() && each.runId().equals(Names.sharedRun(SHARED)))
        .mapToLong(each -> each.iteration().orElse(0))
        .findFirst()
        .orElse(0);
  }

  private void lookUp(int key) {
    Optional<Entry> found = open().lookup(Names.key(key));
    if (found.isEmpty()) {
      problems.add("a miss for key " + key + ", which has entries");
      return;
    }
    try (Entry entry = found.get()) {
      String complaint =
          Version.complaint(entry.payload(), Names.sharedRun(entry.runId()), key, PAYLOAD_BYTES);
      if (!complaint.isEmpty()) {
        problems.add("wrong bytes: " + complaint);
      }
    }
  }

  private void settle() {
    closeStore();
    try (WarmStartStore again = WarmStartStore.open(root, options(1L << 40))) {
      again.evictOverflow();
      VerifyReport report = again.verify();
      report.problems().forEach(each -> problems.add("verify: " + each));
      report.leftovers().forEach(each -> problems.add("left over: " + each));
    }
  }

  /** Closes what is still open, whatever state it is in. */
  void closeStore() {
    WarmStartStore open = store;
    store = null;
    if (open != null) {
      open.close();
    }
  }

  private WarmStartStore open() {
    if (store == null) {
      store = WarmStartStore.open(root, options(1L << 40));
    }
    return store;
  }

  private void check(String when, Runnable step) {
    attempt(step).ifPresent(failure -> problems.add(when + ": " + chain(failure)));
  }

  private static Optional<Throwable> attempt(Runnable step) {
    try {
      step.run();
      return Optional.empty();
    } catch (Throwable e) {
      // Not only what the compiler knows of: the JDK's native code throws checked exceptions that
      // no signature tells.
      return Optional.of(e);
    }
  }

  private static String chain(Throwable failure) {
    StringBuilder text = new StringBuilder();
    Consumer<Object> append = each -> text.append(text.isEmpty() ? "" : " / ").append(each);
    for (Throwable each = failure; each != null; each = each.getCause()) {
      append.accept(each);
      if (!(failure instanceof StoreException)) {
        append.accept(origin(each));
      }
      for (Throwable suppressed : each.getSuppressed()) {
        append.accept(suppressed);
      }
    }
    return text.toString().replaceAll("\\s+", " ");
  }

  /** Where something came from that nobody expects: the first frame of the store. */
  private static String origin(Throwable failure) {
    for (StackTraceElement frame : failure.getStackTrace()) {
      if (frame.getClassName().startsWith("io.warmstart.")) {
        return "at " + frame;
      }
    }
    return "";
  }

  private long next() {
    return Version.of(0, ++versions);
  }

  private static StoreOptions options(long budgetBytes) {
    return StoreOptions.defaults()
        .withSizeBudgetBytes(budgetBytes)
        .withPolicy(PolicyUse.THIS_STORE_ONLY);
  }

  private static EntryAttributes attributes(long version) {
    return EntryAttributes.checkpoint()
        .withObjective(Version.objective(version))
        .withIteration(version);
  }
}
