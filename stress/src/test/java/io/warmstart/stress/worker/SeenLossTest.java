package io.warmstart.stress.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.stress.checker.HistoryCheck;
import io.warmstart.stress.checker.Vanishing;
import io.warmstart.stress.checker.Violation;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.ScenarioRunner;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Operation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real workers, a real root, and one entry taken away behind their backs: it must be missed. */
@Tag("slow")
@Tag("once")
class SeenLossTest {
  @TempDir Path directory;

  @Test
  void entryThatSomebodyTookAwayIsMissed() throws IOException, InterruptedException {
    StringWriter said = new StringWriter();

    ScenarioResult result =
        ScenarioRunner.run(
            new Robbery(),
            2,
            1,
            0,
            Durability.IN_FILES,
            3,
            List.of(directory),
            new PrintWriter(said));

    assertEquals(0L, result.counts().get("violations before"), said.toString());
    assertTrue(result.counts().getOrDefault("violations after", 0L) > 0, said.toString());
  }

  private static final class Robbery implements Scenario {
    @Override
    public String name() {
      return "robbery";
    }

    @Override
    public String summary() {
      return "an entry is taken away";
    }

    @Override
    public void run(Run run) throws IOException, InterruptedException {
      try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
        crew.start(crew.plan(Mix.ALL).withMostOperations(150), Launch.PLAIN);
        crew.start(crew.plan(Mix.ALL).withMostOperations(150), Launch.PLAIN);
        crew.go();
        for (Member member : crew.members()) {
          member.awaitEnd(TimeUnit.MINUTES.toSeconds(1));
        }
        crew.stop();
        List<Operation> operations = HistoryReader.readAll(crew.histories());
        run.count("violations before", violations(run, crew, operations).size());
        takeOneAway(crew.root().resolve(Names.key(0).toHex()));
        run.count("violations after", violations(run, crew, operations).size());
      }
    }

    private static List<Violation> violations(Run run, Crew crew, List<Operation> operations)
        throws IOException {
      Inspection inspection = Inspection.of(run, crew.root(), 4, 1024);
      return HistoryCheck.violations(
          operations, inspection.versions(), inspection.lookedNanos(), Vanishing.never());
    }

    private static void takeOneAway(Path keyDirectory) throws IOException {
      Path manifest;
      try (Stream<Path> files = Files.list(keyDirectory)) {
        manifest =
            files.filter(file -> file.toString().endsWith(".json")).findFirst().orElseThrow();
      }
      String name = manifest.getFileName().toString();
      Files.delete(manifest);
      Files.delete(manifest.resolveSibling(name.replace(".json", ".bin")));
    }
  }
}
