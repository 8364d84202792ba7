package io.warmstart.stress.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.frame.Verdict;
import io.warmstart.stress.mount.Disks;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With scenarios that do next to nothing. */
class VolumeRunTest {
  private static final String COMMIT = "0123456789ab";

  @TempDir Path directory;

  private interface Work {
    void run(Run run) throws IOException, InterruptedException;
  }

  private final Map<String, Work> scenarios = new HashMap<>();
  private final List<String> ran = new ArrayList<>();
  private final StringWriter said = new StringWriter();

  VolumeRunTest() {
    scenarios.put("good", run -> run.trials(3_000, 0));
    scenarios.put("bad", VolumeRunTest::bad);
    scenarios.put(
        "absent",
        run -> {
          throw new SkippedException("needs a moon");
        });
  }

  private static void bad(Run run) throws IOException {
    Files.writeString(run.freshDirectory("root").resolve("evidence"), "x");
    run.problem("key 7 is gone");
  }

  @Test
  void rowThatFailsIsToldAndItsEvidenceIsKept() throws Exception {
    VolumeResults all = run(COMMIT, "good", "bad", "absent");

    assertEquals(1, all.tell(new PrintWriter(said)));
    assertTrue(
        said.toString().contains("FAILED bad, in-files, on here\n  key 7 is gone\n"),
        said::toString);
    assertTrue(said.toString().contains("rows: 1 passed, 1 failed, 1 skipped\n"), said::toString);
    String page = Files.readString(directory.resolve("results").resolve(VolumeResults.PAGE));
    assertTrue(page.contains("| `bad` | in-files | here | **FAILED** |"), page);
    assertTrue(page.contains("- bad, in-files, on here: key 7 is gone\n"), page);
    assertTrue(page.contains("- absent, in-files, on here: absent: needs a moon\n"), page);
    assertEquals(List.of("evidence"), files(directory.resolve("roots")));
  }

  @Test
  void rowsThatPassLeaveNothing() throws Exception {
    assertEquals(0, run(COMMIT, "good").tell(new PrintWriter(said)));

    try (var left = Files.list(directory.resolve("roots"))) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void runThatWasCutOffGoesOnWhereItWas() throws Exception {
    scenarios.put(
        "cut-off",
        run -> {
          throw new InterruptedException("cut off");
        });
    assertThrows(InterruptedException.class, () -> run(COMMIT, "good", "bad", "absent", "cut-off"));
    scenarios.put("cut-off", run -> {});

    VolumeResults all = run(COMMIT, "good", "bad", "absent", "cut-off");

    assertEquals(List.of("good", "bad", "absent", "cut-off", "absent", "cut-off"), ran);
    assertEquals(
        List.of(Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED, Verdict.PASSED),
        all.rows().stream().map(VolumeResults.Done::verdict).toList());
    assertEquals(3_000, all.rows().get(0).result().trials());
  }

  @Test
  void whatAnotherCommitHasDoneIsDoneAgain() throws Exception {
    run(COMMIT, "good", "bad");
    VolumeResults all = run("ba9876543210", "good");

    assertEquals(List.of("good", "bad", "good"), ran);
    assertEquals("ba9876543210", all.commit());
    assertEquals(1, all.rows().size());
  }

  @Test
  void whatNoCommitNamesIsDoneAgain() throws Exception {
    for (String commit : List.of(VolumeResults.UNKNOWN_COMMIT, COMMIT + " with changes")) {
      ran.clear();
      run(commit, "good");
      run(commit, "good");

      assertEquals(List.of("good", "good"), ran, commit);
    }
  }

  @Test
  void rowWithoutItsFileSystemIsSkipped() throws Exception {
    VolumeResults all = run(COMMIT, List.of(row("good", "no-such-type")));

    assertEquals(List.of(), ran);
    assertEquals(4, all.tell(new PrintWriter(said)));
    assertFalse(all.rows().get(0).result().skipped().isEmpty());
  }

  private VolumeResults run(String commit, String... names)
      throws IOException, InterruptedException {
    return run(commit, List.of(names).stream().map(name -> row(name, Disks.HERE)).toList());
  }

  private VolumeResults run(String commit, List<VolumeRow> plan)
      throws IOException, InterruptedException {
    return new VolumeRun(
            plan,
            commit,
            "volumes",
            this::scenario,
            directory.resolve("results"),
            directory.resolve("roots"),
            () -> 42,
            new PrintWriter(said))
        .run();
  }

  private static VolumeRow row(String scenario, String fileSystem) {
    return new VolumeRow(scenario, Durability.IN_FILES, fileSystem, 1, 1, 0);
  }

  private Scenario scenario(String name) {
    return new Scenario() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public String summary() {
        return name;
      }

      @Override
      public void run(Run run) throws IOException, InterruptedException {
        ran.add(name);
        Objects.requireNonNull(scenarios.get(name)).run(run);
      }
    };
  }

  private static List<String> files(Path parent) throws IOException {
    try (var all = Files.walk(parent)) {
      return all.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList();
    }
  }
}
