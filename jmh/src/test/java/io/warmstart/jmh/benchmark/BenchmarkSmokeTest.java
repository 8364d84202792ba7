package io.warmstart.jmh.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.jmh.peer.ForkFlags;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.run.Selection;
import io.warmstart.jmh.workload.BenchmarkRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the benchmarks just long enough to see that they can run; what they time is of no use. */
class BenchmarkSmokeTest {
  private static final String[] PEERS_WITHOUT_FLAGS =
      Arrays.stream(PeerKind.values())
          .filter(kind -> kind.jvmFlags().isEmpty())
          .map(PeerKind::name)
          .toArray(String[]::new);

  @TempDir Path directory;

  @BeforeEach
  void rootsLieInTheTemporaryDirectory() {
    System.setProperty(BenchmarkRoot.DIRECTORY_PROPERTY, directory.toString());
  }

  @AfterEach
  void noRootIsLeft() throws IOException {
    System.clearProperty(BenchmarkRoot.DIRECTORY_PROPERTY);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void lookupsRunAndVerifyOnEachPeer() throws Exception {
    Collection<RunResult> results =
        runOnce(
            once(LookupBenchmark.class, 0)
                .param("peer", PEERS_WITHOUT_FLAGS)
                .param("keys", "20")
                .param("skew", "ZIPF"));

    assertEquals(3 * PEERS_WITHOUT_FLAGS.length, results.size());
  }

  @Test
  void formsOfLookupsRunAndVerify() throws Exception {
    assertEquals(4, runOnce(once(LookupFormsBenchmark.class, 0).param("keys", "20")).size());
  }

  @Test
  void peerThatNeedsFlagsGetsThemInItsFork() throws Exception {
    Collection<RunResult> results =
        runOnce(
            once(LookupBenchmark.class, 1)
                .include(LookupBenchmark.class.getSimpleName() + ".hit$")
                .param("peer", PeerKind.CHRONICLE_MAP.name())
                .param("keys", "20")
                .param("skew", "ZIPF"));

    RunResult result = results.iterator().next();
    assertTrue(result.getParams().getJvmArgs().containsAll(ForkFlags.of(PeerKind.CHRONICLE_MAP)));
  }

  private static Collection<RunResult> runOnce(ChainedOptionsBuilder options) throws Exception {
    return new Selection(options.build()).run();
  }

  private static ChainedOptionsBuilder once(Class<?> benchmark, int forks) {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .mode(Mode.SingleShotTime)
            .forks(forks)
            .warmupIterations(0)
            .measurementIterations(1)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    return forks > 0
        ? options
        : options.include("^" + benchmark.getName().replace(".", "\\.") + "\\.");
  }
}
