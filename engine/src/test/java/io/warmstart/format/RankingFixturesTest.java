package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.JsonValue.Literal;
import io.warmstart.format.JsonValue.Member;
import io.warmstart.format.JsonValue.NumberToken;
import io.warmstart.format.JsonValue.ObjectValue;
import io.warmstart.format.JsonValue.Text;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.RankingRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The choices that the original store's fixtures demand. */
class RankingFixturesTest {
  private static @Nullable JsonValue find(ObjectValue object, String name) {
    for (Member member : object.members()) {
      if (member.name().equals(name)) {
        return member.value();
      }
    }
    return null;
  }

  private static JsonValue required(ObjectValue object, String name) {
    return Objects.requireNonNull(find(object, name), name);
  }

  private static ObjectValue object(ObjectValue parent, String name) {
    return (ObjectValue) required(parent, name);
  }

  private static void assertIsExpected(Path keyDirectory, Candidate actual, ObjectValue expected)
      throws Exception {
    Manifest manifest = actual.manifest();
    for (Member member : expected.members()) {
      JsonValue value = member.value();
      switch (member.name()) {
        case "payloadUtf8" ->
            assertEquals(
                value,
                new Text(
                    Files.readString(
                        keyDirectory.resolve(DirectoryNames.payloadName(actual.runId())))));
        case "payloadBytes" ->
            assertEquals(value, new NumberToken(Long.toString(manifest.payloadBytes())));
        case "objective" ->
            assertEquals(
                value == Literal.NULL
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(Double.parseDouble(((NumberToken) value).characters())),
                manifest.objective());
        case "iteration" ->
            assertEquals(
                value == Literal.NULL
                    ? OptionalLong.empty()
                    : OptionalLong.of(Long.parseUnsignedLong(((Text) value).value())),
                manifest.iteration());
        case "kind" ->
            assertEquals(value, new Text(manifest.finalResult() ? "Final" : "Checkpoint"));
        case "accessed" -> assertEquals(value, Literal.of(manifest.accessed()));
        default -> throw new AssertionError("fixture states an unknown fact: " + member.name());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rust-gam", "rust-gam-later-fields"})
  void theWinnersAreThoseThatTheFixturesName(String root) throws Exception {
    byte[] json = Files.readAllBytes(Fixtures.path("expected.json"));
    ObjectValue expected = (ObjectValue) JsonReader.read(json, json.length);
    List<Member> keys = object(object(expected, root), "keys").members();
    assertTrue(keys.size() >= 2);
    for (Member key : keys) {
      ObjectValue facts = (ObjectValue) key.value();
      Path directory = Fixtures.path(root).resolve(((Text) required(facts, "hex")).value());
      List<Candidate> candidates = new ArrayList<>();
      for (Path file : Fixtures.manifests(directory)) {
        candidates.add(new Candidate(Fixtures.runId(file), Fixtures.decode(file)));
      }
      assertEquals(find(facts, "entries"), new NumberToken(Integer.toString(candidates.size())));
      Candidate best = RankingRule.LOWEST_OBJECTIVE.winner(candidates).orElseThrow();
      Candidate latest = RankingRule.LATEST.winner(candidates).orElseThrow();
      assertIsExpected(directory, best, object(facts, "best"));
      if (find(facts, "latestSameAsBest") == Literal.TRUE) {
        assertEquals(best, latest);
      } else {
        assertIsExpected(directory, latest, object(facts, "latest"));
      }
      if (find(facts, "finalFirst") != null) {
        assertIsExpected(
            directory,
            RankingRule.FINAL_FIRST.winner(candidates).orElseThrow(),
            object(facts, "finalFirst"));
      }
    }
  }
}
