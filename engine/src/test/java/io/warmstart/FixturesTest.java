package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.RootInspection;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Roots that the original store and later producers have filled, read through the whole store. */
class FixturesTest {
  private static final long SOON_AFTER_UNIX_NANOS = TimeUnit.SECONDS.toNanos(1_795_188_960L);
  private static final Set<String> ACCESS_FIELDS =
      Set.of("accessed", "accessed_unix_secs", "accessed_nanos");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();

  @BeforeEach
  void setClock() {
    clock.set(SOON_AFTER_UNIX_NANOS);
  }

  private static Path fixture(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(FixturesTest.class.getResource("/fixtures/" + name)).toURI());
  }

  private WarmStartStore openCopyOf(String name) throws Exception {
    Path source = fixture(name);
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path target = root.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return WarmStartStore.open(root, StoreOptions.defaults().withClock(clock));
  }

  private static Iterable<Map.Entry<String, JsonNode>> keysOf(String name) throws Exception {
    JsonNode expected = JSON.readTree(Files.readAllBytes(fixture("expected.json")));
    return expected.get(name).get("keys").properties();
  }

  private static Fingerprint key(JsonNode facts) {
    return Fingerprint.fromHex(facts.get("hex").textValue());
  }

  private static void assertIs(JsonNode expected, Entry actual) {
    for (Map.Entry<String, JsonNode> fact : expected.properties()) {
      JsonNode value = fact.getValue();
      switch (fact.getKey()) {
        case "payloadUtf8" ->
            assertEquals(value.textValue(), new String(Payloads.bytes(actual), UTF_8));
        case "payloadBytes" -> assertEquals(value.longValue(), actual.payloadLength());
        // Compared as objects: -0.0 is not 0.0.
        case "objective" ->
            assertEquals(
                value.isNull() ? OptionalDouble.empty() : OptionalDouble.of(value.doubleValue()),
                actual.objective());
        case "iteration" ->
            assertEquals(
                value.isNull()
                    ? OptionalLong.empty()
                    : OptionalLong.of(Long.parseUnsignedLong(value.textValue())),
                actual.iteration());
        case "kind" ->
            assertEquals(
                value.textValue().equals("Final") ? EntryKind.FINAL : EntryKind.CHECKPOINT,
                actual.kind());
        case "accessed" -> {
          // A fact of the manifest, which an entry does not show.
        }
        default -> throw new AssertionError("a fact that nobody checks: " + fact.getKey());
      }
    }
  }

  private static void assertWins(
      WarmStartStore store, JsonNode facts, Ranking ranking, String expected) {
    JsonNode winner = facts.get(expected);
    if (winner == null && expected.equals("latest") && facts.get("latestSameAsBest") != null) {
      winner = facts.get("best");
    }
    if (winner != null) {
      try (Entry entry = store.lookup(key(facts), ranking).orElseThrow()) {
        assertIs(winner, entry);
        if (facts.get("runId") != null) {
          assertEquals(facts.get("runId").textValue(), entry.runId());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rust-gam", "rust-gam-later-fields"})
  void everyRankingReturnsWhatTheFixtureNames(String name) throws Exception {
    try (WarmStartStore store = openCopyOf(name)) {
      int entries = 0;
      for (Map.Entry<String, JsonNode> key : keysOf(name)) {
        JsonNode facts = key.getValue();
        assertWins(store, facts, Ranking.LOWEST_OBJECTIVE, "best");
        assertWins(store, facts, Ranking.LATEST, "latest");
        assertWins(store, facts, Ranking.FINAL_FIRST, "finalFirst");
        assertEquals(
            facts.get("entries").intValue(),
            store.explain(key(facts), Ranking.LATEST).candidates().stream()
                .filter(Explanation.Verdict::usable)
                .count());
        entries += facts.get("entries").intValue();
      }
      RootInspection stats = store.inspect();
      assertEquals(entries, stats.entries());
      assertEquals(KeyFiles.bytesOf(root), stats.bytes());
      assertTrue(store.verify().clean());
    }
  }

  @Test
  void namesOfKeysAreTheFingerprintsThatTheOriginalMadeOfThem() throws Exception {
    for (Map.Entry<String, JsonNode> key : keysOf("rust-gam")) {
      assertEquals(key(key.getValue()), Payloads.key(key.getKey()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rust-gam", "rust-gam-later-fields"})
  void readingARootAndClosingItChangesNothingButAccessStamps(String name) throws Exception {
    try (WarmStartStore store = openCopyOf(name)) {
      for (Map.Entry<String, JsonNode> key : keysOf(name)) {
        store.lookup(key(key.getValue())).orElseThrow().close();
        store.lookupLatest(key(key.getValue())).orElseThrow().close();
      }
    }
    Path source = fixture(name);
    int touched = 0;
    try (Stream<Path> files = Files.walk(source)) {
      for (Path before : files.filter(Files::isRegularFile).toList()) {
        Path after = root.resolve(source.relativize(before).toString());
        if (before.toString().endsWith(".bin")) {
          assertEquals(-1, Files.mismatch(before, after), after::toString);
        } else if (assertOnlyAccessMoved(before, after)) {
          touched++;
        }
      }
    }
    assertTrue(touched >= 2, "touched: " + touched);
  }

  @Test
  void aFieldThatNobodyKnowsSurvivesATouch() throws Exception {
    Fingerprint key =
        Fingerprint.fromHex("4debcf09a5586b59673876f347b5c2ee8b6a30c9333474dfb2614d547a0738b8");
    try (WarmStartStore store = openCopyOf("rust-gam-later-fields")) {
      KeyFiles files = KeyFiles.of(root, key);
      // The only way to hit the one with the unknown field is to have no better.
      for (String better : List.of("r1-a", "r1-b", "r1-c")) {
        if (!Files.readString(files.manifest(better)).contains("x_future")) {
          Files.delete(files.manifest(better));
          Files.delete(files.payload(better));
        }
      }
      String runId;
      try (Entry entry = store.lookup(key).orElseThrow()) {
        runId = entry.runId();
      }
      store.flush();
      JsonNode after = JSON.readTree(Files.readAllBytes(files.manifest(runId)));
      assertEquals("{\"nested\":[1,2]}", after.get("x_future").toString());
      assertEquals("gam 0.3.157 (fixture)", after.get("producer").textValue());
      assertTrue(after.get("accessed").booleanValue());
      assertEquals(1_795_188_960L, after.get("accessed_unix_secs").longValue());
    }
  }

  /** Returns whether the manifest was rewritten. */
  private static boolean assertOnlyAccessMoved(Path before, Path after) throws IOException {
    JsonNode old = JSON.readTree(Files.readAllBytes(before));
    JsonNode rewritten = JSON.readTree(Files.readAllBytes(after));
    for (Map.Entry<String, JsonNode> field : old.properties()) {
      if (!ACCESS_FIELDS.contains(field.getKey())) {
        assertEquals(field.getValue(), rewritten.get(field.getKey()), after + " " + field.getKey());
      }
    }
    for (Iterator<String> names = rewritten.fieldNames(); names.hasNext(); ) {
      String field = names.next();
      boolean defaulted = field.equals("written_nanos") && rewritten.get(field).intValue() == 0;
      assertTrue(old.has(field) || ACCESS_FIELDS.contains(field) || defaulted, field);
    }
    return Files.mismatch(before, after) != -1;
  }
}
