package io.warmstart.stress.scenario;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreCounter;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.MachineAccount;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Mix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Two machines on one root: the workers are dealt out between two mounts of one file system, each
 * with a local directory of its mount's, so that they share neither locks nor memory. Each worker
 * overwrites run ids of its own. With one mount the two machines are played on it.
 *
 * <p>In every other round one machine mostly reads: its lookups must destroy nothing that the other
 * saves. At the end both machines must find the last acknowledged version of each run.
 */
public final class Machines implements Scenario {
  private static final int MACHINES = 2;
  private static final int KEYS = 4;
  private static final int PAYLOAD_BYTES = 8192;
  private static final long ROUND_SECONDS = 300;

  /** A kernel's NFS client caches attributes for a minute; the last look may be as old. */
  private static final long MOST_CACHED_SECONDS = 70;

  private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(10);

  private static final Launch LAUNCH =
      Launch.PLAIN.withJvmFlags(List.of("-Xmx128m", "-XX:+UseSerialGC"));

  @Override
  public String name() {
    return "machines";
  }

  @Override
  public String summary() {
    return "two machines on one root, by --root twice two mounts: own run ids overwritten and read";
  }

  @Override
  public int mostRoots() {
    return MACHINES;
  }

  @Override
  public List<String> volumes() {
    return List.of("saves");
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("saves", 2L * run.options().seconds());
    run.atLeast("lookups", 5L * run.options().seconds());
    int rounds = (int) Math.max(2, run.options().seconds() / ROUND_SECONDS);
    long roundNanos = TimeUnit.SECONDS.toNanos(run.options().seconds()) / rounds;
    List<Path> machines = new ArrayList<>();
    try {
      for (int machine = 0; machine < MACHINES; machine++) {
        // Never on the file system under test, which may be a network's.
        machines.add(Files.createTempDirectory("warmstart-machine-"));
      }
      for (int round = 0; (round < rounds || run.timeLeft()) && !run.anyProblem(); round++) {
        long nanos = Rounds.nanosOf(run.options(), round, rounds, roundNanos);
        round(run, machines, round % 2 == 0, Math.min(MOST_NANOS, nanos));
      }
    } finally {
      for (Path machine : machines) {
        remove(machine);
      }
    }
  }

  private static void round(Run run, List<Path> machines, boolean oneReads, long nanos)
      throws IOException, InterruptedException {
    List<Path> paths = run.options().paths();
    Path root = run.freshDirectory("root");
    List<Path> roots = new ArrayList<>();
    for (int machine = 0; machine < MACHINES; machine++) {
      roots.add(paths.get(machine % paths.size()).resolve(root.getFileName()));
    }
    try (Crew crew = new Crew(run, root)) {
      int workers = Math.max(MACHINES, run.options().processes());
      for (int worker = 0; worker < workers; worker++) {
        int machine = worker % MACHINES;
        Mix mix = oneReads && machine == 1 ? Mix.LOOK_MOSTLY : Mix.OVERWRITE_AND_LOOK;
        crew.start(
            crew.plan(mix)
                .withKeys(KEYS, workers)
                .withMostPayloadBytes(PAYLOAD_BYTES)
                .onMachine(roots.get(machine).toString(), machines.get(machine).toString()),
            LAUNCH);
      }
      crew.go();
      Rounds.let(run, nanos, () -> crew.members().stream().allMatch(Member::isAlive));
      crew.stop();
      MachineAccount account = MachineAccount.of(run, crew.told());
      run.count("runs compared at the end", account.runs());
      long lost = 0;
      for (int machine = 0; machine < MACHINES; machine++) {
        lost += compare(run, account, roots.get(machine), machines.get(machine));
      }
      run.trials(run.counted("saves") - run.counted("saves judged"), lost);
      run.count("saves judged", run.counted("saves") - run.counted("saves judged"));
    }
  }

  /** Looks at the root from one machine, until it is as it should be or no cache explains it. */
  private static long compare(Run run, MachineAccount account, Path root, Path machine)
      throws IOException, InterruptedException {
    StoreOptions options =
        StoreOptions.defaults()
            .withSizeBudgetBytes(1L << 40)
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withTtl(Duration.ZERO)
            .withLocalDirectory(machine);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_CACHED_SECONDS);
      List<String> differences = account.differences(store);
      while (!differences.isEmpty() && System.nanoTime() < deadline) {
        run.count("looks at the end that a cache may have answered", 1);
        TimeUnit.SECONDS.sleep(1);
        differences = account.differences(store);
      }
      differences.forEach(each -> run.problem("seen on " + root + ": " + each));
      run.count("quarantined", store.stats().count(StoreCounter.QUARANTINED));
      run.count("republished", store.stats().count(StoreCounter.REPUBLISHED));
      run.count("rolled forward", store.stats().count(StoreCounter.ROLLED_FORWARD));
      return differences.size();
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.sorted((one, other) -> other.compareTo(one)).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
