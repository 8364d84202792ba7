package io.warmstart.jmh.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.jmh.peer.ForkFlags;
import io.warmstart.jmh.peer.PeerGroup;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.run.Selection;
import io.warmstart.jmh.workload.BenchmarkRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs each benchmark just long enough to see that it can run and verifies its data; what it times
 * is of no use.
 */
@Tag("slow")
class BenchmarkSmokeTest {
  /** This JVM lacks the flags of the others, which get them in forks. */
  private static final String[] PEERS = withoutFlags(List.of(PeerKind.values()));

  private static final String[] PEERS_OF_LOOKUPS = withoutFlags(PeerGroup.ALL.kinds());

  private static String[] withoutFlags(List<PeerKind> kinds) {
    return kinds.stream()
        .filter(kind -> kind.jvmFlags().isEmpty())
        .map(PeerKind::name)
        .toArray(String[]::new);
  }

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
  void lookups() throws Exception {
    assertRuns(PEERS_OF_LOOKUPS.length, lookups("hit", PEERS_OF_LOOKUPS));
    assertRuns(2, lookups("hitCopied", "WARMSTART", "ROCKSDB"));
    assertRuns(2, lookups("miss", "WARMSTART", "LMDB"));
  }

  private static ChainedOptionsBuilder lookups(String method, String... peers) {
    return once(Mode.SingleShotTime)
        .include("\\." + LookupBenchmark.class.getSimpleName() + "." + method + "$")
        .param("peer", peers)
        .param("keys", "4")
        .param("skew", "ZIPF")
        .threads(2);
  }

  @Test
  void formsOfLookups() throws Exception {
    assertRuns(5, once(LookupFormsBenchmark.class).param("keys", "4"));
  }

  @Test
  void scatteredReads() throws Exception {
    assertRuns(
        1,
        once(ScatteredReadBenchmark.class, Mode.AverageTime)
            .param("keys", "4")
            .param("skew", "ZIPF"));
  }

  @Test
  void coldLookups() throws Exception {
    assertRuns(
        2,
        once(ColdLookupBenchmark.class)
            .param("peer", "WARMSTART", "LMDB")
            .param("payloadBytes", "4096"));
  }

  @Test
  void saves() throws Exception {
    assertRuns(
        2 * PEERS.length,
        once(SaveBenchmark.class).param("peer", PEERS).param("payloadBytes", "4096").threads(2));
  }

  @Test
  void savesInTurns() throws Exception {
    Collection<RunResult> results =
        assertRuns(
            1,
            once(SaveInTurnsBenchmark.class)
                .param("peers", String.join("+", PEERS))
                .param("payloadBytes", "4096"));

    var secondary = results.iterator().next().getSecondaryResults();
    for (String peer : PEERS) {
      assertTrue(secondary.containsKey(SaveInTurnsBenchmark.TIME + peer), peer);
      assertTrue(secondary.containsKey(SaveInTurnsBenchmark.RATIO + peer), peer);
    }
  }

  @Test
  void replacedFiles() throws Exception {
    Collection<RunResult> results =
        assertRuns(1, once(ReplacedFilesBenchmark.class).param("payloadBytes", "4096"));

    var secondary = results.iterator().next().getSecondaryResults();
    for (ReplacedFilesBenchmark.Freed freed : ReplacedFilesBenchmark.Freed.values()) {
      assertTrue(secondary.containsKey(ReplacedFilesBenchmark.TIME + freed), freed.name());
      assertTrue(secondary.containsKey(ReplacedFilesBenchmark.RATIO + freed), freed.name());
    }
  }

  @Test
  void remoteInTurns() throws Exception {
    Collection<RunResult> results =
        assertRuns(
            RemoteInTurnsBenchmark.Operation.values().length, once(RemoteInTurnsBenchmark.class));

    for (RunResult result : results) {
      var secondary = result.getSecondaryResults();
      for (RemoteInTurnsBenchmark.Remote remote : RemoteInTurnsBenchmark.Remote.values()) {
        assertTrue(secondary.containsKey(RemoteInTurnsBenchmark.TIME + remote), remote.name());
        assertTrue(secondary.containsKey(RemoteInTurnsBenchmark.RATIO + remote), remote.name());
      }
    }
  }

  @Test
  void sweeps() throws Exception {
    assertRuns(4, once(SweepBenchmark.class).param("entries", "50"));
  }

  @Test
  void savesAmongEntries() throws Exception {
    assertRuns(2, once(SaveAmongEntriesBenchmark.class).param("entries", "50"));
    assertRuns(2, once(LookupAfterSaveBenchmark.class).param("runs", "50"));
  }

  @Test
  void opening() throws Exception {
    assertRuns(3, once(OpenBenchmark.class).param("entries", "20"));
  }

  @Test
  void loop() throws Exception {
    assertRuns(
        3,
        once(CheckpointLoopBenchmark.class, Mode.AverageTime)
            .measurementTime(TimeValue.milliseconds(200)));
  }

  @Test
  void processes() throws Exception {
    assertRuns(
        1,
        once(ProcessesBenchmark.class)
            .param("peer", "WARMSTART")
            .param("processes", "2")
            .param("millis", "100"));
  }

  @Test
  void readersBesideWriters() throws Exception {
    assertRuns(
        2,
        once(ReaderBesideWriterBenchmark.class, Mode.SampleTime)
            .param("peer", "WARMSTART")
            .measurementTime(TimeValue.milliseconds(300)));
  }

  @Test
  void floor() throws Exception {
    assertRuns(4, once(PhysicalFloorBenchmark.class).param("payloadBytes", "4096"));
  }

  @Test
  void fingerprinter() throws Exception {
    assertRuns(3, once(FingerprinterBenchmark.class).param("mebibytes", "1"));
  }

  @Test
  void peerThatNeedsFlagsGetsThemInItsFork() throws Exception {
    Collection<RunResult> results =
        assertRuns(1, lookups("hit", PeerKind.CHRONICLE_MAP.name()).forks(1));

    List<String> flags = ForkFlags.of(PeerKind.CHRONICLE_MAP);
    assertTrue(flags.size() > ForkFlags.ofStore().size());
    assertTrue(results.iterator().next().getParams().getJvmArgs().containsAll(flags));
  }

  private static Collection<RunResult> assertRuns(int count, ChainedOptionsBuilder options)
      throws Exception {
    Collection<RunResult> results = new Selection(options.build()).run();
    assertEquals(count, results.size());
    return results;
  }

  private static ChainedOptionsBuilder once(Class<?> benchmark) {
    return once(benchmark, Mode.SingleShotTime);
  }

  private static ChainedOptionsBuilder once(Class<?> benchmark, Mode mode) {
    return once(mode).include("^" + benchmark.getName().replace(".", "\\.") + "\\.");
  }

  private static ChainedOptionsBuilder once(Mode mode) {
    return new OptionsBuilder()
        .mode(mode)
        .forks(0)
        .warmupIterations(0)
        .measurementIterations(1)
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT);
  }
}
