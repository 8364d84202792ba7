package io.warmstart.stress.scenario;

import io.warmstart.Claim;
import io.warmstart.WarmStartStore;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryKind;
import io.warmstart.model.KeyContents;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.SyncDirection;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.remote.BucketPlace;
import io.warmstart.stress.remote.DirectoryPlace;
import io.warmstart.stress.remote.RemotePlace;
import io.warmstart.stress.worker.ClaimCommand;
import io.warmstart.stress.worker.HeardProcess;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Processes race for claims of a few keys, and one of them dies by SIGKILL again and again. No key
 * has two living holders at a time; what is finished is finished once; and at the end every key can
 * be claimed again.
 *
 * <p>Across machines they are of two roots, in turns, that have a remote together: what the dead of
 * one hold its others have at once, and the other machine after a lease.
 */
public final class Claims implements Scenario {
  private static final Duration MOST_WAIT = ClaimCommand.LEASE.multipliedBy(6);

  private static final long BETWEEN_DEATHS_MILLIS = 300;
  private static final long END_SECONDS = 60;

  private final boolean acrossMachines;

  private Claims(boolean acrossMachines) {
    this.acrossMachines = acrossMachines;
  }

  /** Of the processes of one machine. */
  public static Claims onOneMachine() {
    return new Claims(false);
  }

  /** Of two machines with one remote. */
  public static Claims acrossMachines() {
    return new Claims(true);
  }

  @Override
  public String name() {
    return acrossMachines ? "remote-claims" : "claims";
  }

  @Override
  public String summary() {
    return acrossMachines
        ? "processes of two machines race for claims in a remote, and die with them"
        : "processes race for claims of keys, and die with them";
  }

  @Override
  public int defaultProcesses() {
    return 8;
  }

  @Override
  public List<String> volumes() {
    return List.of("claims had");
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("claims had", (acrossMachines ? 1L : 20L) * run.options().seconds());
    run.atLeast("claimers killed", Math.max(1, run.options().seconds() / 4));
    boolean bucket = acrossMachines && RemoteRounds.hasBucket(run);
    boolean inBucket = bucket;
    do {
      Path directory = run.freshDirectory("claims");
      if (!acrossMachines) {
        round(run, directory, List.of(directory.resolve("root")), null);
        continue;
      }
      List<Path> roots = List.of(directory.resolve("one"), directory.resolve("other"));
      try (RemotePlace place = inBucket ? new BucketPlace() : new DirectoryPlace(directory)) {
        run.count("rounds on " + place.kind(), 1);
        round(run, directory, roots, place.url());
      }
      inBucket = bucket && !inBucket;
    } while (run.timeLeft() && !run.anyProblem());
  }

  private static void round(Run run, Path directory, List<Path> roots, @Nullable URI remote)
      throws IOException, InterruptedException {
    for (Path root : roots) {
      WarmStartStore.open(root).close();
    }
    List<Claimer> claimers = new ArrayList<>();
    Set<Integer> finished = ConcurrentHashMap.newKeySet();
    try {
      for (int number = 0; number < run.options().processes(); number++) {
        Path root = roots.get(number % roots.size());
        claimers.add(new Claimer(run, directory, root, remote, finished));
      }
      do {
        TimeUnit.MILLISECONDS.sleep(BETWEEN_DEATHS_MILLIS);
        int victim = run.random().nextInt(claimers.size());
        Claimer claimer = claimers.get(victim);
        // One that has not come to its first claim yet would die for nothing.
        if (claimer.isAtWork()) {
          claimer.process.kill();
          run.count("claimers killed", 1);
          Path root = roots.get(victim % roots.size());
          claimers.set(victim, new Claimer(run, directory, root, remote, finished));
        }
      } while (run.timeLeft() && !run.anyProblem() && finished.size() < ClaimCommand.FINISHED_KEYS);
      // All of them before the first is waited for: who goes on keeps the others from their end.
      for (Claimer each : claimers) {
        each.process.tellToStop();
      }
      for (Claimer each : claimers) {
        each.process.awaitEnd(END_SECONDS);
      }
    } finally {
      claimers.forEach(each -> each.process.close());
    }
    check(run, roots.get(0), remote, finished);
  }

  private static void check(Run run, Path root, @Nullable URI remote, Set<Integer> finished)
      throws InterruptedException {
    try (WarmStartStore store = WarmStartStore.open(root, ClaimCommand.options(remote))) {
      checkToBeHad(run, store, remote == null ? Duration.ZERO : MOST_WAIT);
      if (remote != null) {
        store.sync(RemoteOptions.of(remote), SyncDirection.BOTH, List.of(), false);
      }
      long again = 0;
      for (int fit : finished) {
        KeyContents contents = store.contents(Names.key(ClaimCommand.HELD_KEYS + fit));
        long finals =
            contents.entries().stream().filter(each -> each.kind() == EntryKind.FINAL).count();
        run.trials(1, finals > 0 ? 0 : 1);
        if (finals == 0) {
          run.problem("fit %d: no final result".formatted(fit));
        }
        again += Math.max(0, finals - 1);
      }
      // Of one that was killed in a save the final may turn up when another has begun again: at
      // most
      // one for each of its two threads.
      run.count("fits computed again after a death", again);
      if (again > 2 * run.counted("claimers killed")) {
        run.problem(
            "final results too many: expected<=2 for each of %d deaths actual=%d"
                .formatted(run.counted("claimers killed"), again));
      }
      run.count("fits finished", finished.size());
    }
  }

  /** All are looked at first: what the dead of another machine hold lapses at one time. */
  private static void checkToBeHad(Run run, WarmStartStore store, Duration wait)
      throws InterruptedException {
    List<Claim> claims = new ArrayList<>();
    for (int key = 0; key < ClaimCommand.HELD_KEYS; key++) {
      claims.add(store.claim(Names.key(key)));
    }
    for (Claim claim : claims) {
      ClaimState state = claim.await(wait);
      if (state != ClaimState.MINE) {
        run.problem(
            "key %s is nobody's and cannot be claimed: %s %s"
                .formatted(claim.key().toHex(), state, claim.holderElsewhere().orElse("")));
      }
      claim.close();
    }
  }

  /** One process, and what it says. */
  private static final class Claimer {
    private final Run run;
    private final HeardProcess process;
    private volatile boolean atWork;

    Claimer(Run run, Path directory, Path root, @Nullable URI remote, Set<Integer> finished)
        throws IOException {
      this.run = run;
      List<String> command = new ArrayList<>();
      command.add(ClaimCommand.NAME);
      command.add(root.toString());
      command.add(directory.resolve("board").toString());
      command.add(Long.toString(run.random().nextInt(Integer.MAX_VALUE)));
      if (remote != null) {
        command.add(remote.toString());
      }
      this.process =
          new HeardProcess(
              run,
              "claimer",
              Launch.PLAIN.process(command).redirectErrorStream(true),
              line -> hear(line, finished));
    }

    private void hear(String line, Set<Integer> finished) {
      if (line.startsWith(ClaimCommand.HAD)) {
        atWork = true;
        run.count("claims had", 1);
        if (!line.endsWith(" 0")) {
          run.count("of those, after a claimer that had died", 1);
        }
      } else if (line.startsWith(ClaimCommand.FINISHED)) {
        finished.add(Integer.parseInt(line.substring(ClaimCommand.FINISHED.length())));
      } else if (line.startsWith(ClaimCommand.COMPLAINT)) {
        run.problem(line.substring(ClaimCommand.COMPLAINT.length()));
      } else {
        run.problem("a claimer says: " + line);
      }
    }

    boolean isAtWork() {
      return atWork;
    }
  }
}
