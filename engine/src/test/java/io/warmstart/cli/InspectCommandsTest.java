package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.warmstart.model.Fingerprinter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ls, explain, stat and key. */
class InspectCommandsTest {
  private static final String KEY_A =
      "e7fbf91d935a41dab04bee687f0bb576f0c8441e9f2118e73eabe594bfeb1726";

  @TempDir Path directory;
  private Path root;
  private Path payload;

  @BeforeEach
  void setUp() throws IOException {
    root = directory.resolve("fits");
    payload = Files.write(directory.resolve("payload"), new byte[1536]);
  }

  private void save(String key, String runId, String... more) {
    Object[] args = new Object[6 + more.length];
    System.arraycopy(new Object[] {"save", root, key, payload, "--run-id", runId}, 0, args, 0, 6);
    System.arraycopy(more, 0, args, 6, more.length);
    CommandRun.of(args).expectDone();
  }

  private Path file(String runIdAndSuffix) {
    return root.resolve(KEY_A).resolve(runIdAndSuffix);
  }

  @Test
  void keyIsTheFingerprintOfTheText() {
    assertEquals(KEY_A + "\n", CommandRun.of("key", "a").expectDone().out());
    assertEquals(
        KEY_A, CommandRun.of("key", "a", "--json").expectDone().json().get("key").asText());
    assertEquals(65, CommandRun.of("key", "").expectDone().out().length());
    // It was taken for the name text:a, of which no other command would have asked.
    assertEquals(KEY_A + "\n", CommandRun.of("key", "text:a").expectDone().out());
    assertEquals(KEY_A + "\n", CommandRun.of("key", KEY_A).expectDone().out());
    assertEquals(
        new Fingerprinter().absorbString("test", "text:a").finish().toHex() + "\n",
        CommandRun.of("key", "text:text:a").expectDone().out());
    CommandRun.of("key", KEY_A, "--namespace", "team")
        .expectFailure(ExitCodes.WRONG_USE, "digits, which are a key already");
    // From the original's own vectors: absorbed as a string under the tag "test".
    assertEquals(
        "c2911c6e2b431839f6aa0895864cdc273ef3fa74699e510bf5603f6443749268\n",
        CommandRun.of("key", "roundtrip").out());
  }

  @Test
  void lsShowsKeysWithTheirEntriesAndBytes() {
    save("text:a", "one");
    save("text:a", "two");
    save("text:b", "three");

    JsonNode listed = CommandRun.of("ls", root, "--json").expectDone().json();
    List<String> lines = CommandRun.of("ls", root).expectDone().outLines();

    assertEquals(2, listed.get("keys").size());
    assertEquals(3, listed.get("entries").asInt());
    JsonNode key = listed.get("keys").get(1);
    assertEquals(KEY_A, key.get("key").asText());
    assertEquals(2, key.get("entries").asInt());
    assertTrue(key.get("bytes").asLong() > 2 * 1536);
    assertTrue(key.get("latest_written").asText().endsWith("Z"));
    assertTrue(lines.get(0).startsWith("KEY "), lines.get(0));
    assertTrue(lines.get(2).startsWith(KEY_A + "        2  "), lines.get(2));
    assertTrue(lines.get(4).startsWith("2 keys, 3 entries, "), lines.get(4));
  }

  @Test
  void lsOfAKeyShowsTheLatestFirst() {
    save("text:a", "one", "--objective", "0.5", "--iteration", "9223372036854775808");
    save("text:a", "two", "--kind", "final");
    CommandRun.of("lookup", root, "text:a").expectDone();

    JsonNode listed = CommandRun.of("ls", root, KEY_A, "--json").expectDone().json();
    List<String> lines = CommandRun.of("ls", root, "text:a").expectDone().outLines();

    JsonNode first = listed.get("entries").get(0);
    JsonNode second = listed.get("entries").get(1);
    assertEquals("two", first.get("run_id").asText());
    assertEquals("final", first.get("kind").asText());
    assertFalse(first.get("accessed").asBoolean());
    assertEquals("9223372036854775808", second.get("iteration").asText());
    assertEquals(1536, second.get("payload_bytes").asLong());
    assertTrue(second.get("accessed").asBoolean());
    assertFalse(second.get("expired").asBoolean());
    assertTrue(lines.get(1).startsWith("two "), lines.get(1));
    assertTrue(lines.get(1).contains("1.50 KiB"), lines.get(1));
    assertTrue(lines.get(1).endsWith("never"), lines.get(1));
    assertTrue(lines.get(2).contains(" 9223372036854775808 "), lines.get(2));
  }

  @Test
  void lsOfAnEmptyRootIsDoneAndOfAnAbsentKeyIsAMiss() throws IOException {
    Files.createDirectory(root);

    assertEquals("0 keys, 0 entries, 0 B\n", CommandRun.of("ls", root).expectDone().out());
    CommandRun absent = CommandRun.of("ls", root, "text:a");
    assertEquals(ExitCodes.MISS_OR_PROBLEM, absent.exitCode());
    assertTrue(absent.out().startsWith("0 entries under key "), absent.out());
    assertEquals("", absent.err());
  }

  @Test
  void lsCountsWhatItCannotRead() throws IOException {
    save("text:a", "one");
    Files.writeString(file("one.json"), "{");

    assertEquals(
        1, CommandRun.of("ls", root, "--json").json().get("keys").get(0).get("unreadable").asInt());
    assertTrue(CommandRun.of("ls", root, "text:a").out().contains("1 manifest could not be read"));
  }

  @Test
  void explainMarksTheWinnerAndGivesReasonsInOrder() throws IOException {
    save("text:a", "worse", "--objective", "2");
    save("text:a", "best", "--objective", "1");
    save("text:a", "broken", "--objective", "0");
    Files.write(file("broken.bin"), new byte[1535]);

    JsonNode explained = CommandRun.of("explain", root, "text:a", "--json").expectDone().json();
    List<String> lines = CommandRun.of("explain", root, "text:a").expectDone().outLines();

    assertEquals("best", explained.get("winner").asText());
    JsonNode candidates = explained.get("candidates");
    assertEquals("best", candidates.get(0).get("run_id").asText());
    assertEquals(1, candidates.get(0).get("place").asInt());
    assertTrue(candidates.get(0).get("reason").asText().contains("lowest objective"));
    assertEquals("worse", candidates.get(1).get("run_id").asText());
    assertEquals("higher objective: 2.0 against 1.0", candidates.get(1).get("reason").asText());
    assertEquals("broken", candidates.get(2).get("run_id").asText());
    assertFalse(candidates.get(2).get("usable").asBoolean());
    assertTrue(candidates.get(2).get("place").isNull());
    assertEquals("winner   best", lines.get(2));
    assertTrue(lines.get(5).startsWith("* 1  best "), lines.get(5));
    assertTrue(lines.get(6).startsWith("  2  worse "), lines.get(6));
    assertTrue(lines.get(7).startsWith("  x  broken "), lines.get(7));
  }

  @Test
  void explainOfAKeyWithoutAWinnerIsAMiss() throws IOException {
    Files.createDirectory(root);

    CommandRun run = CommandRun.of("explain", root, "text:a");

    assertEquals(ExitCodes.MISS_OR_PROBLEM, run.exitCode());
    assertTrue(run.out().contains("none, a lookup would miss"), run.out());
    assertTrue(CommandRun.of("explain", root, "text:a", "--json").json().get("winner").isNull());
  }

  @Test
  void statCountsOverRuns() {
    save("text:a", "one");
    CommandRun.of("lookup", root, "text:a");
    CommandRun.of("lookup", root, "text:b");

    JsonNode stat = CommandRun.of("stat", root, "--json", "--budget", "4096").expectDone().json();
    String text = CommandRun.of("stat", root, "--budget", "4096").expectDone().out();

    assertEquals(1, stat.get("entries").asInt());
    assertEquals(4096, stat.get("size_budget_bytes").asLong());
    assertEquals(1, stat.get("live_processes").asInt());
    assertEquals(1, stat.get("counters").get("hits").asLong());
    assertEquals(1, stat.get("counters").get("misses").asLong());
    assertEquals(1, stat.get("counters").get("saves").asLong());
    assertTrue(text.contains("entries         1 under 1 key\n"), text);
    assertTrue(text.contains(" of 4.00 KiB ("), text);
    assertTrue(text.contains("live processes  1, this one included\n"), text);
    assertTrue(text.contains("errors          0\n"), text);
  }

  /** Who wants none names the largest: it was taken for the sign of a damaged policy. */
  @Test
  void theLargestBudgetIsOne() throws IOException {
    save("text:a", "one");
    CommandRun.of("policy", root, "--budget", Long.MAX_VALUE).expectDone();

    String stat = CommandRun.of("stat", root).expectDone().out();
    String evict = CommandRun.of("evict", root, "--dry-run").expectDone().out();
    assertTrue(stat.contains(" of 8.00 EiB (under 0.1 %)\n"), stat);
    assertTrue(evict.contains(" of 8.00 EiB\n"), evict);
    for (Object[] words :
        List.of(
            new Object[] {"stat", root, "--json"},
            new Object[] {"evict", root, "--dry-run", "--json"})) {
      JsonNode json = CommandRun.of(words).expectDone().json();
      assertEquals(Long.MAX_VALUE, json.get("size_budget_bytes").asLong());
    }

    Files.writeString(root.resolve(".warmstart/policy"), "{");
    assertTrue(CommandRun.of("stat", root).out().contains("the policy is damaged"));
    assertTrue(CommandRun.of("stat", root, "--json").json().get("size_budget_bytes").isNull());
  }

  /** A program that reads the JSON finds the fields of what is there, null, where nothing is. */
  @Test
  void whatIsNotKnownHasTheFieldsOfWhatIs() throws IOException {
    save("text:a", "one");
    save("text:b", "two");
    Files.writeString(file("one.json"), "{");

    JsonNode keys = CommandRun.of("ls", root, "--json").expectDone().json().get("keys");
    JsonNode broken = CommandRun.of("explain", root, "text:a", "--json").json();
    JsonNode whole = CommandRun.of("explain", root, "text:b", "--json").json();

    assertEquals(2, keys.size());
    assertEquals(fields(keys.get(0)), fields(keys.get(1)));
    assertEquals(fields(whole.get("candidates").get(0)), fields(broken.get("candidates").get(0)));
  }

  private static List<String> fields(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void watchGivesABlockForEachLook() {
    save("text:a", "one");

    CommandRun text = CommandRun.of("stat", root, "--watch", "--count", "3", "--interval", "0.001");
    CommandRun json =
        CommandRun.of("stat", root, "--watch", "--count", "2", "--interval", "0.001", "--json");

    text.expectDone();
    assertEquals(3, text.outLines().stream().filter(line -> line.startsWith("root ")).count());
    assertEquals(2, text.outLines().stream().filter(String::isEmpty).count());
    assertFalse(text.out().contains("\u001b"));
    json.expectDone();
    assertEquals(2, json.outLines().size());
    for (String line : json.outLines()) {
      assertTrue(CommandRun.parse(line).has("at"));
      assertEquals(1, CommandRun.parse(line).get("entries").asInt());
    }
  }
}
