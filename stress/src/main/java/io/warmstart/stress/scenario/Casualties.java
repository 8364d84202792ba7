package io.warmstart.stress.scenario;

import io.warmstart.stress.fault.Action;
import io.warmstart.stress.fault.Call;
import io.warmstart.stress.fault.Errno;
import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.HeldStripes;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Names;
import io.warmstart.stress.worker.WorkerPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
          Call.LINK,
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

  private static final int ALWAYS_AT_CALL = 9;

  private final Run run;
  private final Crew crew;
  private final Set<String> keys;
  private final @Nullable Path shim;

  /** How one worker is to die. */
  private enum Way {
    AT_CALL,
    BY_SIGNAL,
    AS_ZOMBIE
  }

  /** A worker and its way to die. */
  final class Victim {
    final Member member;
    private final Way way;
    private final @Nullable FaultPoint point;
    private final long killAtNanos;
    private boolean killed;

    private Victim(Member member, Way way, @Nullable FaultPoint point, long liveNanos) {
      this.member = member;
      this.way = way;
      this.point = point;
      this.killAtNanos = System.nanoTime() + liveNanos;
    }

    /** Kills it if its time has come and no call does. */
    void killIfDue() throws IOException, InterruptedException {
      // Who was to die at a call that never came dies by a signal, late.
      if (!killed && System.nanoTime() >= killAtNanos) {
        killed = true;
        member.signal("KILL");
      }
    }

    boolean isDead() {
      return way == Way.AS_ZOMBIE ? member.isZombie() : !member.isAlive();
    }

    /** Counts its death by where it came. */
    void bury(boolean atWork) throws IOException {
      run.count("deaths", 1);
      if (!atWork) {
        run.count("deaths while opening", 1);
      }
      if (way == Way.AS_ZOMBIE) {
        run.count("deaths left as zombies", 1);
      }
      if (HeldStripes.keys(crew.root()).stream().anyMatch(keys::contains)) {
        run.count("stripes found held after a death", 1);
      }
      if (point != null && point.acted() > 0) {
        run.count("deaths at a chosen call", 1);
        String path = point.actedPath();
        Call call = point.actedCall();
        run.count("deaths at " + call.name().toLowerCase(Locale.ROOT), 1);
        if (isUnderLock(call, path)) {
          run.count(UNDER_LOCK, 1);
        }
      }
    }
  }

  Casualties(Run run, Crew crew, int numberOfKeys, @Nullable Path shim) {
    this.run = run;
    this.crew = crew;
    this.shim = shim;
    this.keys =
        IntStream.range(0, numberOfKeys)
            .mapToObj(key -> Names.key(key).toHex())
            .collect(Collectors.toSet());
  }

  /** Starts a worker that will die. */
  Victim start(WorkerPlan plan) throws IOException {
    SplittableRandom random = run.random();
    int dice = run.counted(UNDER_LOCK) == 0 ? ALWAYS_AT_CALL : random.nextInt(10);
    long liveNanos = (1_000 + random.nextInt(1_500)) * 1_000_000L;
    if (dice == 0) {
      return new Victim(
          crew.start(plan, Launch.PLAIN.through(ZOMBIE_PARENT)), Way.AS_ZOMBIE, null, liveNanos);
    }
    if (shim == null || dice < 3) {
      return new Victim(crew.start(plan, Launch.PLAIN), Way.BY_SIGNAL, null, liveNanos);
    }
    FaultPoint point = FaultPoint.at(crew.histories().resolve("fault-point-" + plan.worker()));
    boolean first = run.counted(UNDER_LOCK) == 0;
    // The first go where a lock is held for sure: a short run must have seen that too.
    Call call = first ? Call.RENAME : FATAL.get(random.nextInt(FATAL.size()));
    boolean rare = call == Call.MKDIR || call == Call.RMDIR;
    point.arm(
        EnumSet.of(call),
        crew.root() + "*",
        random.nextBoolean() ? Action.DIE_BEFORE : Action.DIE_AFTER,
        Errno.EIO,
        first ? 3 + random.nextInt(20) : 1 + random.nextInt(rare ? 3 : 60));
    Launch launch = Launch.PLAIN.withEnvironment(point.environment(shim));
    return new Victim(crew.start(plan, launch), Way.AT_CALL, point, 4 * liveNanos);
  }

  /**
   * Whether the engine makes this call only with the key's stripe held: it renames into place,
   * links and unlinks the payload before, and removes entries.
   */
  private static boolean isUnderLock(Call call, String path) {
    boolean half = path.endsWith(".bin") || path.endsWith(".json");
    return switch (call) {
      case RENAME, UNLINK -> half || path.contains("~previous~");
      case LINK -> true;
      default -> false;
    };
  }
}
