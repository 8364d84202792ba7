package io.warmstart.stress.scenario;

import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.StoreException;
import io.warmstart.stress.fault.Action;
import io.warmstart.stress.fault.Call;
import io.warmstart.stress.fault.Errno;
import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.fault.Shim;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Mix;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * An overwrite is stopped, by SIGSTOP, right before or after one of its renames, with the key's
 * stripe held, for longer than others wait. They look up and save meanwhile; then it goes on, or is
 * killed. The version that was acknowledged before is found all the time, unless a later one is.
 */
public final class StoppedHolder implements Scenario {
  private static final int KEY = 0;
  private static final String RUN = Names.sharedRun(0);
  private static final int PAYLOAD_BYTES = 1024;
  private static final long MEANWHILE = Version.of(900, 1);
  private static final long BEFORE = Version.of(901, 1);

  /** One case: where it stops, whether others save meanwhile, and whether it goes on. */
  private record Course(String half, Action action, boolean othersSave, boolean goesOn) {}

  private static final List<Course> COURSES =
      List.of(
          new Course(".bin", Action.STOP_AFTER, false, false),
          new Course(".bin", Action.STOP_AFTER, false, true),
          new Course(".bin", Action.STOP_AFTER, true, false),
          new Course(".bin", Action.STOP_AFTER, true, true),
          new Course(".bin", Action.STOP_BEFORE, true, true),
          new Course(".json", Action.STOP_AFTER, true, true),
          new Course(".json", Action.STOP_AFTER, true, false));

  @Override
  public String name() {
    return "stopped-holder";
  }

  @Override
  public String summary() {
    return "an overwrite stopped between its renames for seconds, then resumed or killed";
  }

  @Override
  public int defaultProcesses() {
    return 1;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    Path shim = Shim.build(run.freshDirectory("shim"));
    run.atLeast("overwrites stopped", 1);
    int next = 0;
    do {
      course(run, shim, COURSES.get(next % COURSES.size()));
      next++;
    } while (run.timeLeft());
  }

  private static void course(Run run, Path shim, Course course)
      throws IOException, InterruptedException {
    Path root = run.freshDirectory("root").resolve("root");
    try (WarmStartStore store = WarmStartStore.open(root);
        Crew crew = new Crew(run, root)) {
      overwrite(store, BEFORE);
      Set<Long> mayBeFound = new TreeSet<>(Set.of(BEFORE));
      FaultPoint point = FaultPoint.at(crew.histories().resolve("fault-point"));
      point.arm(
          EnumSet.of(Call.RENAME), root + "/*/" + RUN + course.half, course.action, Errno.EIO, 1);
      Member member =
          crew.start(
              crew.plan(Mix.OVERWRITE).withKeys(1, 1).withMostOperations(1),
              Launch.PLAIN.withEnvironment(point.environment(shim)));
      crew.letGo(member);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (point.acted() == 0 && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(2);
      }
      run.count("overwrites stopped", point.acted());
      mayBeFound.add(Version.of(0, 1));
      lookUp(run, store, course + ", stopped", mayBeFound);
      if (course.othersSave) {
        overwrite(store, MEANWHILE);
        mayBeFound.remove(BEFORE);
        mayBeFound.add(MEANWHILE);
        lookUp(run, store, course + ", saved meanwhile", mayBeFound);
      }
      if (course.goesOn) {
        member.continueJvm();
      } else {
        member.killJvm();
      }
      member.awaitEnd(30);
      lookUp(run, store, course + ", at the end", mayBeFound);
    }
    try (WarmStartStore again = WarmStartStore.open(root)) {
      again.evictOverflow();
      again.verify().problems().forEach(problem -> run.problem(course + ": " + problem));
    }
  }

  private static void overwrite(WarmStartStore store, long version) {
    store.saveOverwrite(
        Names.key(KEY),
        RUN,
        Version.payload(version, 0, KEY, PAYLOAD_BYTES),
        EntryAttributes.checkpoint().withIteration(version));
  }

  private static void lookUp(Run run, WarmStartStore store, String when, Set<Long> expected) {
    long start = System.nanoTime();
    long found = 0;
    try (Entry entry = store.lookupLatest(Names.key(KEY)).orElse(null)) {
      found = entry == null ? 0 : entry.iteration().orElse(0);
    } catch (StoreException e) {
      run.problem(when + ": " + e);
    }
    run.latency("lookup beside a stopped overwrite", System.nanoTime() - start);
    run.trials(1, expected.contains(found) ? 0 : 1);
    if (!expected.contains(found)) {
      run.problem("%s: a lookup found %s".formatted(when, Version.text(found)));
    }
  }
}
