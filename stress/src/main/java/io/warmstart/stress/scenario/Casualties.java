package io.warmstart.stress.scenario;

import io.warmstart.stress.fault.Action;
import io.warmstart.stress.fault.Call;
import io.warmstart.stress.fault.Errno;
import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.worker.Breeder;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.HeldStripes;
import io.warmstart.stress.worker.JournalSegments;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Mix;
import io.warmstart.stress.worker.Names;
import io.warmstart.stress.worker.WorkerPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Workers that are going to die: at a system call that was chosen beforehand, right before or right
 * after it, or by a signal at any moment. Each is started with its way to die, and each death is
 * counted by where it came.
 */
final class Casualties {
  /** Calls that change something; to die between two others is the same as to die at one. */
  private static final List<Call> FATAL =
      List.of(
          Call.RENAME,
          Call.RENAME,
          Call.RENAME,
          Call.UNLINK,
          Call.SYNC,
          Call.CREATE,
          Call.WRITE,
          Call.MKDIR,
          Call.RMDIR);

  /** Leaves the JVM unreaped when it dies, and its input and output to it alone. */
  private static final List<String> ZOMBIE_PARENT =
      List.of(
          "sh",
          "-c",
          "exec 3<&0; \"$@\" <&3 3<&- & exec sleep 600 </dev/null 3<&- >/dev/null 2>&1",
          "sh");

  /** The count of deaths that surely came while the key's stripe was held. */
  static final String UNDER_LOCK = "deaths under a key's lock";

  /** The count of deaths of which some saves were left in the journal alone. */
  static final String IN_JOURNAL = "deaths with saves in the journal alone";

  /** A save into the journal makes no other calls than these two, around all that it does. */
  private static final int LOCK_CALLS_OF_SAVE = 2;

  /** So many saves may come before the one that is to die, where saves take microseconds. */
  private static final int MOST_JOURNALLED_SAVES = 1_000;

  private static final int ALWAYS_AT_CALL = 9;

  /**
   * After which a fork dies by a signal that has neither come to the call that it was to die at nor
   * begun another operation. One in some hundred never does: it waits for a lock inside its JVM
   * that a thread of its parent's held at the fork. What it holds of the store's until then others
   * wait for, but for less than they may be made to wait after a death.
   */
  private static final long FORK_PATIENCE_NANOS = 600_000_000L;

  /** After which one dies that goes from operation to operation and has not come to its call. */
  private static final long FORK_LIFE_NANOS = 1_800_000_000L;

  private static final int SIGKILL = 9;

  private final Run run;
  private final Crew crew;
  private final @Nullable Path shim;
  private final @Nullable Breeder breeder;
  private final List<Death> deaths = new ArrayList<>();

  /**
   * Who died when.
   *
   * @param worker the number of its history
   * @param held the keys of the stripes that were held right after it, by the dead and the living
   */
  record Death(int worker, long atNanos, Set<String> held) {}

  /** How one worker is to die. */
  private enum Way {
    AT_CALL,
    BY_SIGNAL,
    AS_ZOMBIE
  }

  /** A worker and its way to die. */
  final class Victim {
    final @Nullable Member member;
    private final Breeder.@Nullable Child child;
    private final WorkerPlan plan;
    private final Way way;
    private final @Nullable FaultPoint point;
    private final long startedNanos;
    private final long liveNanos;
    private boolean killed;
    private long killedNanos;

    /** When it was last seen to begin an operation, of one that had lived its time. */
    private long goesOnNanos = Long.MIN_VALUE;

    private Victim(
        @Nullable Member member,
        Breeder.@Nullable Child child,
        WorkerPlan plan,
        Way way,
        @Nullable FaultPoint point,
        long liveNanos) {
      this.member = member;
      this.child = child;
      this.plan = plan;
      this.way = way;
      this.point = point;
      this.startedNanos = System.nanoTime();
      this.liveNanos = liveNanos;
    }

    /** Kills it if its time has come and no call does. */
    void killIfDue() throws IOException {
      // Who was to die at a call that never came dies by a signal, late.
      if (killed || (child != null && !child.isBorn())) {
        return;
      }
      long now = System.nanoTime();
      long since = child == null ? startedNanos : child.bornNanos();
      if (now - Math.max(since, goesOnNanos) < liveNanos) {
        return;
      }
      if (child != null && point != null && now - since < FORK_LIFE_NANOS) {
        // One that goes from operation to operation may still come to its call.
        long begun =
            HistoryReader.lastBegun(crew.histories(), plan.firstHistory())
                .map(Operation::invoked)
                .orElse(since);
        if (now - begun < liveNanos) {
          goesOnNanos = begun;
          return;
        }
      }
      kill();
    }

    void kill() {
      killed = true;
      killedNanos = System.nanoTime();
      if (child != null) {
        child.kill();
      } else if (member != null) {
        member.killJvm();
      }
    }

    /** Ends it at the end of a round, and waits until it is dead. */
    void endWithRound() throws IOException, InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!isDead()) {
        if (System.nanoTime() > deadline) {
          throw new IOException("a worker does not die: " + plan);
        }
        if (!killed && (child == null || child.isBorn())) {
          kill();
        }
        TimeUnit.MILLISECONDS.sleep(1);
      }
    }

    boolean isDead() {
      if (child != null) {
        return !child.isAlive();
      }
      if (member == null) {
        return true;
      }
      return !member.isAlive() || (way == Way.AS_ZOMBIE && member.isZombie());
    }

    /** Counts its death by where it came. */
    void bury() throws IOException {
      run.count("deaths", 1);
      if (child != null) {
        run.count("deaths of forked workers", 1);
        if (child.signal() != SIGKILL) {
          run.problem("a forked worker died by signal " + child.signal());
        }
      }
      if (member != null && !member.stoodReady()) {
        run.count("deaths while opening", 1);
      }
      if (way == Way.AS_ZOMBIE) {
        run.count("deaths left as zombies", 1);
      }
      // The intent on the key that it was at; others may be at work, or have left their own.
      Optional<Operation> last = HistoryReader.lastOf(crew.histories(), plan.firstHistory());
      Set<String> held = HeldStripes.keys(crew.root());
      if (last.isPresent()
          && last.get().key() >= 0
          && held.contains(Names.key(last.get().key()).toHex())) {
        run.count("stripes found held after a death", 1);
      }
      if (run.options().journalled()
          && JournalSegments.of(crew.root()).stream()
              .anyMatch(each -> each.holdsSaves() && each.worker() == plan.firstHistory())) {
        run.count(IN_JOURNAL, 1);
      }
      if (point != null && point.acted() > 0) {
        deaths.add(new Death(plan.firstHistory(), point.actedNanos(), held));
        run.count("deaths at a chosen call", 1);
        String path = point.actedPath();
        Call call = point.actedCall();
        run.count("deaths at " + call.name().toLowerCase(Locale.ROOT), 1);
        if (isUnderLock(call, path)) {
          run.count(UNDER_LOCK, 1);
        }
      } else if (killed) {
        deaths.add(new Death(plan.firstHistory(), killedNanos, held));
      }
      if (point != null) {
        point.close();
        Files.delete(point.file());
      }
    }
  }

  /**
   * The casualties of one round.
   *
   * @param breeder forks most of them; null if each is to be a JVM of its own
   */
  Casualties(Run run, Crew crew, @Nullable Path shim, @Nullable Breeder breeder) {
    this.run = run;
    this.crew = crew;
    this.shim = shim;
    this.breeder = breeder;
  }

  /** When who died so far. */
  List<Death> deaths() {
    return deaths;
  }

  /** Starts a worker that will die. */
  Victim start(WorkerPlan plan) throws IOException {
    SplittableRandom random = run.random();
    if (breeder != null && shim != null) {
      return fork(breeder, plan, random);
    }
    return startJvm(plan);
  }

  /** The same in a JVM of its own. */
  Victim startJvm(WorkerPlan plan) throws IOException {
    SplittableRandom random = run.random();
    int dice = run.counted(UNDER_LOCK) == 0 ? ALWAYS_AT_CALL : random.nextInt(10);
    long liveNanos = (1_000 + random.nextInt(1_500)) * 1_000_000L;
    if (dice == 0) {
      Member member = crew.start(plan, Launch.PLAIN.through(ZOMBIE_PARENT));
      return new Victim(member, null, plan, Way.AS_ZOMBIE, null, liveNanos);
    }
    if (shim == null || dice < 3) {
      Member member = crew.start(plan, Launch.PLAIN);
      return new Victim(member, null, plan, Way.BY_SIGNAL, null, liveNanos);
    }
    boolean first = run.counted(UNDER_LOCK) == 0;
    FaultPoint point = point(plan, random, first, 60);
    Launch launch = Launch.PLAIN.withEnvironment(point.environment(shim));
    Member member = crew.start(plan, launch);
    return new Victim(member, null, plan, Way.AT_CALL, point, 4 * liveNanos);
  }

  /** The same by a fork, which is at work within milliseconds. */
  private Victim fork(Breeder from, WorkerPlan plan, SplittableRandom random) throws IOException {
    // Before it has a segment a worker saves into files.
    int most = run.options().journalled() ? 400 : 100;
    long liveNanos = (2 + random.nextInt(most)) * 1_000_000L;
    if (random.nextInt(10) < 2) {
      return new Victim(null, from.fork(plan, ""), plan, Way.BY_SIGNAL, null, liveNanos);
    }
    FaultPoint point = point(plan, random, run.counted(UNDER_LOCK) == 0, 24);
    Breeder.Child child = from.fork(plan, point.file().toString());
    return new Victim(null, child, plan, Way.AT_CALL, point, FORK_PATIENCE_NANOS);
  }

  private FaultPoint point(WorkerPlan plan, SplittableRandom random, boolean first, int most) {
    FaultPoint point = FaultPoint.at(crew.histories().resolve("fault-point-" + plan.worker()));
    Action action = random.nextBoolean() ? Action.DIE_BEFORE : Action.DIE_AFTER;
    boolean makesPairs = plan.mix().equals(Mix.JOURNALLED_AND_SWEPT);
    if (!first && run.options().journalled() && !makesPairs && random.nextInt(3) == 0) {
      // Around a save into the journal: before or after its lock is taken, or given back.
      int at = 1 + random.nextInt(LOCK_CALLS_OF_SAVE * MOST_JOURNALLED_SAVES);
      point.arm(EnumSet.of(Call.LOCK), crew.root() + "*", action, Errno.EIO, at);
      return point;
    }
    // The first go where a lock is held for sure: a short run must have seen that too.
    Call call = first ? Call.RENAME : FATAL.get(random.nextInt(FATAL.size()));
    boolean rare = call == Call.MKDIR || call == Call.RMDIR;
    // Making a segment takes so many writes that few would come to any other.
    boolean keysOnly = call == Call.WRITE && run.options().journalled() && random.nextBoolean();
    point.arm(
        EnumSet.of(call),
        crew.root() + (keysOnly ? "/[0-9a-f]*" : "*"),
        action,
        Errno.EIO,
        first ? 3 + random.nextInt(20) : 1 + random.nextInt(rare ? 3 : most));
    return point;
  }

  /**
   * Whether the engine makes this call only with the key's stripe held: it renames into place, and
   * removes entries.
   */
  private static boolean isUnderLock(Call call, String path) {
    boolean half = path.endsWith(".bin") || path.endsWith(".json");
    return switch (call) {
      case RENAME, UNLINK -> half;
      default -> false;
    };
  }
}
