package io.warmstart.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the benchmarks just long enough to see that they can run; what they time is of no use. */
class BenchmarkSmokeTest {
  private static final int SIZES = 4;
  private static final int STORES = StoreKind.values().length;

  @TempDir Path directory;

  @BeforeEach
  void rootsLieInTheTemporaryDirectory() {
    System.setProperty(BenchmarkRoot.DIRECTORY_PROPERTY, directory.toString());
  }

  @AfterEach
  void rootsLieWhereTheyDo() {
    System.clearProperty(BenchmarkRoot.DIRECTORY_PROPERTY);
  }

  @Test
  void overwritesAndFreshSavesRunAndVerifyOnBothStores() throws Exception {
    Collection<RunResult> results = runOnce(SaveBenchmark.class);

    assertEquals(2 * SIZES * STORES, results.size());
    assertNoRootIsLeft();
  }

  @Test
  void overwritesInTurnsRunAndVerify() throws Exception {
    Collection<RunResult> results = runOnce(SaveInTurnsBenchmark.class);

    assertEquals(SIZES, results.size());
    assertNoRootIsLeft();
  }

  @Test
  void hitsAndMissesRunAndVerifyOnBothStores() throws Exception {
    Collection<RunResult> results = runOnce(LookupBenchmark.class);

    int entryCounts = 2;
    assertEquals(SIZES * entryCounts * STORES + STORES, results.size());
    assertNoRootIsLeft();
  }

  @Test
  void forkedJvmGetsTheFlagsThatTheStoreNeeds() throws Exception {
    List<String> flags = Main.storeFlags();
    String[] args =
        Main.withDefaults(
            new String[] {
              "SaveBenchmark.overwrite", "-p", "payloadBytes=256", "-p", "store=WARMSTART"
            },
            flags);

    Collection<RunResult> results =
        new Runner(once(new OptionsBuilder().parent(new CommandLineOptions(args)), 1).build())
            .run();

    RunResult result = results.iterator().next();
    assertTrue(result.getParams().getJvmArgs().containsAll(flags));
  }

  private void assertNoRootIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(), files.toList());
    }
  }

  private static Collection<RunResult> runOnce(Class<?> benchmark) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder().include("^" + benchmark.getName().replace(".", "\\.") + "\\.");
    return new Runner(once(options, 0).build()).run();
  }

  private static ChainedOptionsBuilder once(ChainedOptionsBuilder options, int forks) {
    return options
        .mode(Mode.SingleShotTime)
        .forks(forks)
        .warmupIterations(0)
        .measurementIterations(1)
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT);
  }
}
