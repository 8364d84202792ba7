package io.warmstart.stress.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.model.Durability;
import io.warmstart.stress.frame.DurabilityNames;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.ScenarioRunner;
import io.warmstart.stress.frame.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every scenario for some seconds, each on a seed of its own that does not change; {@code
 * -Dwarmstart.seed=N} takes another. What a host cannot run shows as skipped, with the reason.
 */
@Tag("slow")
class ShortFormsTest {
  private record Form(int processes, int seconds) {}

  private static final Map<String, Form> FORMS =
      Map.ofEntries(
          Map.entry("eviction-race", new Form(3, 2)),
          Map.entry("overwrite-read", new Form(3, 2)),
          Map.entry("kill", new Form(4, 2)),
          Map.entry("stopped-holder", new Form(1, 1)),
          Map.entry("claims", new Form(3, 2)),
          Map.entry("power-cut", new Form(1, 3)),
          Map.entry("faults", new Form(1, 4)),
          Map.entry("fuzz", new Form(2, 1)),
          Map.entry("disk-full", new Form(1, 1)),
          Map.entry("foreign", new Form(3, 2)),
          Map.entry("foreign-read", new Form(3, 2)),
          Map.entry("containers", new Form(3, 2)),
          Map.entry("machines", new Form(3, 3)),
          Map.entry("remote-kill", new Form(4, 3)),
          Map.entry("remote-outage", new Form(4, 3)),
          Map.entry("remote-claims", new Form(4, 3)),
          Map.entry("parallel-cv", new Form(2, 1)),
          Map.entry("clock", new Form(1, 2)),
          Map.entry("soak", new Form(2, 2)));

  /** Those of {@link FaultShortFormsTest}, another class so that it has another JVM. */
  static final Set<String> WITH_FAULTS =
      Set.of("power-cut", "faults", "fuzz", "disk-full", "parallel-cv", "clock");

  /** Those of {@link SharedRootShortFormsTest}. */
  static final Set<String> BESIDE_OTHERS =
      Set.of(
          "foreign",
          "foreign-read",
          "containers",
          "machines",
          "remote-kill",
          "remote-outage",
          "remote-claims");

  @TempDir Path directory;

  /** With saves into the journal, once for each durability that it has. */
  private static final Map<String, Durability> JOURNALLED =
      Map.of("kill", Durability.PROCESS_SAFE, "power-cut", Durability.POWER_SAFE);

  private static final Form JOURNALLED_FORM = new Form(3, 2);

  boolean isOurs(String scenario) {
    return !WITH_FAULTS.contains(scenario) && !BESIDE_OTHERS.contains(scenario);
  }

  @TestFactory
  @Tag("once")
  Stream<DynamicTest> shortForms() {
    return Scenarios.all().stream()
        .filter(scenario -> isOurs(scenario.name()))
        .map(
            scenario ->
                DynamicTest.dynamicTest(scenario.name(), () -> run(scenario, Durability.IN_FILES)));
  }

  @TestFactory
  Stream<DynamicTest> shortFormsWithJournal() {
    return Scenarios.all().stream()
        .filter(scenario -> JOURNALLED.containsKey(scenario.name()) && isOurs(scenario.name()))
        .map(
            scenario ->
                DynamicTest.dynamicTest(
                    scenario.name(),
                    () ->
                        run(
                            scenario,
                            JOURNALLED.getOrDefault(scenario.name(), Durability.IN_FILES))));
  }

  @Test
  void everyScenarioHasShortForm() {
    assertEquals(
        List.of(),
        Scenarios.all().stream()
            .map(Scenario::name)
            .filter(name -> !FORMS.containsKey(name))
            .toList());
  }

  private void run(Scenario scenario, Durability durability)
      throws IOException, InterruptedException {
    Form form =
        durability == Durability.IN_FILES
            ? FORMS.getOrDefault(scenario.name(), new Form(2, 2))
            : JOURNALLED_FORM;
    long seed = Long.getLong("warmstart.seed", scenario.name().hashCode() & Integer.MAX_VALUE);
    StringWriter said = new StringWriter();
    // At once: anybody who reads the log of a run that was cut off sees where.
    String what = scenario.name() + ", " + DurabilityNames.of(durability);
    System.out.printf("short form of %s, --seed %d%n", what, seed);
    ScenarioResult result =
        ScenarioRunner.run(
            scenario,
            form.processes,
            form.seconds,
            0,
            durability,
            seed,
            List.of(directory),
            new PrintWriter(said));
    System.out.printf(
        "short form of %s: %s in %.0f s%n",
        what, result.verdict().name().toLowerCase(Locale.ROOT), result.elapsedSeconds());
    assertNotEquals(Verdict.FAILED, result.verdict(), said.toString());
    assumeTrue(result.verdict() == Verdict.PASSED, () -> said.toString());
  }
}
