package io.warmstart.stress.scenario;

import io.warmstart.stress.fork.Lines;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.fuzz.FuzzCommand;
import io.warmstart.stress.worker.Launch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Damaged manifests, policies, labels and names, and damaged files under a store: a process for
 * each target tries inputs, and none may crash, hang, throw what is not told, allocate much, or
 * make a lookup answer wrongly.
 *
 * <p>A run of less than a minute tries a fixed number of inputs, so that the same seed tries the
 * same. Any other shares its time among the targets.
 */
public final class Fuzz implements Scenario {
  private static final String INPUTS = "inputs";
  private static final int SECONDS_FOR_ALL = 60;

  /** Of a short run, for each target: those that open a root for each input get less. */
  private static final int SHORT_TEXT_INPUTS = 1_000;

  private static final int SHORT_ROOT_INPUTS = 6;

  private static final List<String> OF_TEXT = List.of("manifest", "policy", "labels", "name");

  @Override
  public String name() {
    return "fuzz";
  }

  @Override
  public String summary() {
    return "damaged manifests, names, policies, journal segments, index and coordination files";
  }

  @Override
  public int defaultProcesses() {
    return 2;
  }

  @Override
  public int defaultSeconds() {
    return 600;
  }

  @Override
  public List<String> volumes() {
    return List.of(INPUTS);
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    Path directory = run.freshDirectory("fuzz");
    boolean all = run.options().seconds() >= SECONDS_FOR_ALL;
    run.atLeast(INPUTS, 1_000);
    ExecutorService workers = Executors.newFixedThreadPool(run.options().processes());
    try {
      do {
        List<Future<?>> started = new ArrayList<>();
        List<String> targets = new ArrayList<>(FuzzCommand.targets());
        // The slow ones first, so that all end together.
        Collections.reverse(targets);
        for (String target : targets) {
          long seed = run.random().nextLong() & Long.MAX_VALUE;
          started.add(
              workers.submit(
                  () -> {
                    one(run, directory, target, seed, all);
                    return null;
                  }));
        }
        for (Future<?> each : started) {
          each.get();
        }
      } while (all && run.timeLeft() && !run.anyProblem());
    } catch (ExecutionException e) {
      throw new IOException("a target could not be tried: " + e.getCause(), e);
    } finally {
      workers.shutdownNow();
    }
    run.trials(run.counted(INPUTS), 0);
  }

  private static void one(Run run, Path directory, String target, long seed, boolean all)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                FuzzCommand.NAME,
                target,
                directory.resolve(target + "-" + seed).toString(),
                "--seed",
                Long.toString(seed)));
    if (all) {
      // A share of the time that is left, and never so little that a JVM only starts.
      long seconds =
          Math.max(
              20,
              run.options().seconds()
                  * (long) run.options().processes()
                  / FuzzCommand.targets().size());
      arguments.addAll(List.of("--seconds", Long.toString(seconds)));
    } else {
      int inputs = OF_TEXT.contains(target) ? SHORT_TEXT_INPUTS : SHORT_ROOT_INPUTS;
      arguments.addAll(List.of("--inputs", Integer.toString(inputs)));
    }
    List<String> unexpected = Collections.synchronizedList(new ArrayList<>());
    Launch launch = all ? Launch.PLAIN.withJvmFlags(List.of("-Xmx256m")) : Launch.PLAIN;
    int status = Lines.of(launch.process(arguments), line -> hear(run, target, line, unexpected));
    if (status != 0) {
      run.problem(
          target
              + ": the process ended with status "
              + status
              + ", --seed "
              + seed
              + ": "
              + unexpected);
    }
  }

  private static void hear(Run run, String target, String line, List<String> unexpected) {
    if (line.startsWith(FuzzCommand.TRIED)) {
      long tried = Long.parseLong(line.substring(FuzzCommand.TRIED.length()));
      run.count(INPUTS, tried);
      run.count(INPUTS + " of " + target, tried);
    } else if (line.startsWith(FuzzCommand.PROBLEM)) {
      run.problem(line.substring(FuzzCommand.PROBLEM.length()));
    } else if (unexpected.size() < 5) {
      unexpected.add(line);
    }
  }
}
