package io.warmstart;

import io.warmstart.io.CrashImage;
import io.warmstart.io.JournalledFileOps;
import io.warmstart.io.ObservedFileOps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Takes images of a root, segments of the journal included, before each operation of the caller and
 * of the journal's thread that changes files, and whenever it is asked; with each of them, which
 * versions may be found in it.
 */
final class JournalImages extends ObservedFileOps {
  private static final Set<String> BACKGROUND =
      Set.of("warmstart-agent", "warmstart-late-close", "warmstart-locks");

  /** Before them all is as it is before the next other one. */
  private static final Set<Kind> READING =
      EnumSet.of(
          Kind.STAT,
          Kind.CHANGED,
          Kind.LIST,
          Kind.OPEN_FOR_READING,
          Kind.OPEN_DIRECTORY,
          Kind.FACTS,
          Kind.READ,
          Kind.CLOSE,
          Kind.CLOSE_DIRECTORY);

  /** What an image was, and what may be found of each run: of all the moments at which it was. */
  static final class Taken {
    final CrashImage image;
    final boolean powerCut;
    final String where;
    private final Map<SavedVersions, Set<String>> allowed = new LinkedHashMap<>();

    private Taken(CrashImage image, boolean powerCut, String where) {
      this.image = image;
      this.powerCut = powerCut;
      this.where = where;
    }

    Set<String> allowed(SavedVersions run) {
      return Objects.requireNonNull(allowed.get(run));
    }
  }

  private record Kept(CrashImage image, boolean powerCut) {}

  private final JournalledFileOps model;
  private final List<SavedVersions> runs;
  private final Map<Kept, Taken> taken = new LinkedHashMap<>();
  private final AtomicInteger operations = new AtomicInteger();
  private volatile boolean armed;

  JournalImages(JournalledFileOps model, List<SavedVersions> runs) {
    super(model);
    this.model = model;
    this.runs = runs;
  }

  void arm() {
    armed = true;
  }

  void disarm() {
    armed = false;
  }

  boolean isArmed() {
    return armed;
  }

  /** How many operations were seen. */
  int operations() {
    return operations.get();
  }

  synchronized List<Taken> taken() {
    return new ArrayList<>(taken.values());
  }

  /** Takes what a death and what a power cut would leave now. */
  synchronized void take(String where) throws IOException {
    Map<SavedVersions, Set<String>> afterDeath = new LinkedHashMap<>();
    Map<SavedVersions, Set<String>> afterPowerCut = new LinkedHashMap<>();
    noteAllowed(afterDeath, afterPowerCut);
    CrashImage death = model.afterDeath();
    Set<CrashImage> cuts = model.afterPowerCut(false);
    // Meanwhile a save may have begun or returned, where this is another thread.
    noteAllowed(afterDeath, afterPowerCut);
    keep(death, false, where, afterDeath);
    for (CrashImage cut : cuts) {
      keep(cut, true, where, afterPowerCut);
    }
  }

  private void noteAllowed(
      Map<SavedVersions, Set<String>> afterDeath, Map<SavedVersions, Set<String>> afterPowerCut) {
    for (SavedVersions run : runs) {
      afterDeath.computeIfAbsent(run, key -> new HashSet<>()).addAll(run.allowed());
      afterPowerCut.computeIfAbsent(run, key -> new HashSet<>()).addAll(run.allowedAfterPowerCut());
    }
  }

  private void keep(
      CrashImage image, boolean powerCut, String where, Map<SavedVersions, Set<String>> allowed) {
    Taken all =
        taken.computeIfAbsent(new Kept(image, powerCut), key -> new Taken(image, powerCut, where));
    allowed.forEach(
        (run, now) -> all.allowed.computeIfAbsent(run, key -> new HashSet<>(now)).retainAll(now));
  }

  @Override
  protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
      throws IOException {
    // What is written to a segment that nobody has named yet changes nothing.
    boolean staged = op.kind() == Kind.WRITE && op.path().toString().endsWith(".new");
    if (armed
        && !staged
        && !READING.contains(op.kind())
        && !BACKGROUND.contains(Thread.currentThread().getName())) {
      take("before " + operations.getAndIncrement() + " = " + op);
    }
    return whole.run();
  }
}
