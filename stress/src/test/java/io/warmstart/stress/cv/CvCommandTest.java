package io.warmstart.stress.cv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.stress.Main;
import io.warmstart.stress.fork.JavaCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

/** The job as its user runs it, worker processes and all, on a smaller problem. */
@Tag("slow")
class CvCommandTest {
  private static final int FITS = 4 * 6;

  @TempDir static Path finishedDirectory;

  private static JsonNode undisturbed = MissingNode.getInstance();

  private final JsonMapper mapper = new JsonMapper();
  private final Path directory;
  private final Path root;

  CvCommandTest(@TempDir Path directory) {
    this.directory = directory;
    this.root = directory.resolve("store");
  }

  // One undisturbed run serves all tests: each that needs a finished root takes a copy of it.
  @BeforeAll
  static void runUndisturbed() throws IOException {
    CvCommandTest run = new CvCommandTest(finishedDirectory);
    undisturbed = run.runJson(0);
  }

  @Test
  void secondRunFindsEverythingFinishedAndPrintsTheSameTable() throws IOException {
    JsonNode first = undisturbed;
    copyFinishedRoot();
    JsonNode second = runJson(0);

    assertEquals(FITS, first.at("/fits/cold").asInt() + first.at("/fits/seeded").asInt());
    assertEquals(4, first.at("/fits/cold").asInt());
    assertTrue(first.at("/iterations/done").asLong() > 100);
    assertTrue(first.at("/bests/worse_saved").asLong() > 0, first.toString());
    assertTrue(first.at("/bests/compared").asLong() > FITS, first.toString());
    assertTrue(first.at("/bests/lost").isEmpty(), first.toString());
    assertEquals(totalIterations(first), first.at("/iterations/done").asLong());
    assertTrue(first.at("/verification/problems").isEmpty());
    assertEquals(FITS, second.at("/fits/finished_before").asInt());
    assertEquals(0, second.at("/iterations/done").asLong());
    assertEquals(first.at("/iterations/done").asLong(), second.at("/iterations/saved").asLong());
    assertEquals(0, second.at("/saves/count").asLong());
    assertEquals(first.at("/table"), second.at("/table"));
    assertEquals(FITS, second.at("/comparison/agreeing").asInt());
  }

  @Test
  @Tag("once")
  void killedWorkersChangeNotOneBit() throws IOException {
    Path reference = finishedDirectory.resolve("store.results.json");
    long seed = Long.getLong("warmstart.seed", 6);

    JsonNode disturbed =
        runJson(0, "--kill", "6", "--kill-seed", "" + seed, "--reference", reference.toString());

    String story = "kill seed " + seed + ": " + disturbed;
    assertEquals(6, disturbed.at("/kills").asInt(), story);
    assertEquals(6, disturbed.at("/deaths").size() + disturbed.at("/idle_deaths").asInt(), story);
    assertEquals(FITS, disturbed.at("/comparison/agreeing").asInt(), story);
    assertTrue(disturbed.at("/comparison/same_penalty").asBoolean(), story);
    assertEquals(undisturbed.at("/table"), disturbed.at("/table"), story);
    assertTrue(disturbed.at("/verification/problems").isEmpty(), story);
    assertTrue(disturbed.at("/bests/lost").isEmpty(), story);
    for (JsonNode death : disturbed.at("/deaths")) {
      assertTrue(death.at("/kept_acknowledged").asBoolean(), story);
      // Each state is saved at once.
      assertTrue(death.at("/lost_iterations").asLong() <= 1, story);
    }
    assertEquals(
        totalIterations(disturbed),
        disturbed.at("/iterations/done").asLong() - disturbed.at("/iterations/lost").asLong(),
        story);
  }

  @Test
  void runThatWasKilledAsAWholeIsTakenUpByTheNext() throws Exception {
    List<String> command = new ArrayList<>(JavaCommand.of(Main.class, arguments("--json")));
    Process coordinator = new ProcessBuilder(command).redirectErrorStream(true).start();
    awaitEntries(3);
    List<ProcessHandle> workers = coordinator.descendants().toList();
    coordinator.destroyForcibly().waitFor();
    assertFalse(workers.isEmpty());
    for (ProcessHandle worker : workers) {
      worker.onExit().get(30, TimeUnit.SECONDS);
    }

    Path reference = finishedDirectory.resolve("store.results.json");
    JsonNode taken = runJson(0, "--reference", reference.toString());

    assertTrue(taken.at("/iterations/saved").asLong() > 0, taken.toString());
    assertTrue(taken.at("/verification/problems").isEmpty(), taken.toString());
    assertEquals(
        totalIterations(taken),
        taken.at("/iterations/done").asLong() + taken.at("/iterations/saved").asLong());
  }

  @Test
  void freshRemovesItsOwnEntriesAlone() throws IOException {
    copyFinishedRoot();
    Fingerprint stranger = new Fingerprinter().absorbString("test", "stranger").finish();
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(stranger, new byte[] {42}, EntryAttributes.finalResult());
    }

    JsonNode again = runJson(0, "--fresh");

    assertEquals(0, again.at("/fits/finished_before").asInt());
    assertEquals(FITS, again.at("/comparison/agreeing").asInt());
    try (WarmStartStore store = WarmStartStore.open(root);
        Entry kept = store.lookup(stranger).orElseThrow()) {
      assertEquals(42, kept.payload().getByte(0));
    }
  }

  @Test
  void otherResultsThanBeforeAreAProblemAndTheOldOnesStay() throws IOException {
    copyFinishedRoot();
    Path results = root.resolveSibling("store.results.json");
    ObjectNode changed = (ObjectNode) mapper.readTree(results.toFile());
    ((ObjectNode) changed.at("/fits/5")).put("coefficients_sha256", "0".repeat(64));
    mapper.writeValue(results.toFile(), changed);
    byte[] before = Files.readAllBytes(results);

    JsonNode report = runJson(1);

    assertEquals(FITS - 1, report.at("/comparison/agreeing").asInt());
    assertEquals("fold 0 penalty 5", report.at("/comparison/differing/0").asText());
    assertEquals(new String(before, StandardCharsets.UTF_8), Files.readString(results));
  }

  @Test
  void referenceOfOtherOptionsIsWrongUse() throws IOException {
    Path other = directory.resolve("other.json");
    ObjectNode results =
        (ObjectNode) mapper.readTree(finishedDirectory.resolve("store.results.json").toFile());
    ((ObjectNode) results.at("/spec")).put("seed", 99);
    mapper.writeValue(other.toFile(), results);

    assertEquals(2, run(new StringWriter(), "--reference", other.toString()));
  }

  @Test
  void textReportShowsTableAndPlotAndWhatTheStoreDidAndWhatToTryNext() throws IOException {
    copyFinishedRoot();
    StringWriter printed = new StringWriter();

    assertEquals(0, run(printed));

    String text = printed.toString();
    List<String> chosen = text.lines().filter(line -> line.endsWith("<- chosen")).toList();
    assertEquals(2, chosen.size(), text);
    assertTrue(chosen.get(0).contains("%"), text);
    assertTrue(chosen.get(1).contains("#") && chosen.get(1).length() < 80, text);
    assertTrue(text.contains("(found in the store: 100% of all)"), text);
    assertTrue(text.contains("; median ") && text.contains(" p99 "), text);
    assertTrue(text.contains(", 48 entries, "), text);
    assertTrue(text.contains("Try next:"), text);
  }

  /** Also after a run that prints JSON. */
  @Test
  void plotStandsBesideTheResultsAndIsWellFormed() throws Exception {
    Document plot =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(finishedDirectory.resolve("store.plot.svg").toFile());

    assertEquals("svg", plot.getDocumentElement().getTagName());
    assertEquals(6, plot.getElementsByTagName("circle").getLength());
    String about = plot.getElementsByTagName("text").item(1).getTextContent();
    assertTrue(about.startsWith("3 folds, 200 rows, alpha 0.5, seed 1"), about);
  }

  private JsonNode runJson(int expectedStatus, String... options) throws IOException {
    StringWriter printed = new StringWriter();
    List<String> all = new ArrayList<>(List.of(options));
    all.add("--json");
    assertEquals(expectedStatus, run(printed, all.toArray(String[]::new)), printed.toString());
    return mapper.readTree(printed.toString());
  }

  private int run(StringWriter printed, String... options) {
    return Main.commandLine()
        .setOut(new PrintWriter(printed, true))
        .execute(arguments(options).toArray(String[]::new));
  }

  private List<String> arguments(String... options) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("cv", "--root", root.toString()));
    arguments.addAll(List.of("--rows", "200", "--folds", "3", "--penalties", "6"));
    arguments.addAll(List.of(options));
    return arguments;
  }

  private static long totalIterations(JsonNode report) {
    long total = 0;
    for (JsonNode row : report.at("/table/rows")) {
      total += row.at("/iterations").asLong();
    }
    return total;
  }

  private void copyFinishedRoot() throws IOException {
    try (Stream<Path> paths = Files.walk(finishedDirectory)) {
      for (Path path : (Iterable<Path>) paths.sorted()::iterator) {
        Path target = directory.resolve(finishedDirectory.relativize(path).toString());
        if (!Files.exists(target)) {
          Files.copy(path, target);
        }
      }
    }
  }

  private void awaitEntries(int count) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (keyDirectories() < count) {
      assertTrue(System.nanoTime() < deadline, "no checkpoints after a minute");
      Thread.sleep(5);
    }
  }

  private long keyDirectories() throws IOException {
    if (Files.notExists(root)) {
      return 0;
    }
    try (Stream<Path> names = Files.list(root)) {
      return names.filter(name -> name.getFileName().toString().length() == 64).count();
    }
  }
}
