package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SaveAndLookupTest extends SavedPayload {
  @Test
  void savePrintsTheRunIdAloneAndMakesTheRoot() {
    String runId = save();

    assertTrue(runId.matches("[A-Za-z0-9][A-Za-z0-9._-]+"), runId);
    assertEquals(runId, lookup().get("run_id").asText());
  }

  @Test
  void whatSaveWasToldIsWhatLookupTells() {
    save("--objective", "-1.5e-3", "--iteration", "18446744073709551615", "--kind", "final");

    JsonNode found = lookup();

    assertTrue(found.get("hit").asBoolean());
    assertEquals(-1.5e-3, found.get("objective").asDouble());
    assertEquals("18446744073709551615", found.get("iteration").asText());
    assertEquals("final", found.get("kind").asText());
    assertEquals(PAYLOAD.length, found.get("payload_bytes").asLong());
    assertEquals("lowest-objective", found.get("ranking").asText());
    assertTrue(found.get("written").asText().endsWith("Z"));
    assertTrue(found.get("out").isNull());
    String text = CommandRun.of("lookup", root, KEY).expectDone().out();
    assertTrue(text.contains("iteration  18446744073709551615\n"), text);
    assertTrue(text.contains("payload    10 B\n"), text);
    assertTrue(text.contains("kind       final\n"), text);
  }

  @Test
  void whatSaveWasNotToldIsAbsent() {
    save();

    JsonNode found = lookup();

    assertTrue(found.get("objective").isNull());
    assertTrue(found.get("iteration").isNull());
    assertEquals("checkpoint", found.get("kind").asText());
  }

  @Test
  void saveTellsAsJsonWhatItSaved() {
    JsonNode saved =
        CommandRun.of("save", root, KEY, payload, "--json", "--objective", "2", "--run-id", "mine")
            .expectDone()
            .json();

    assertEquals("mine", saved.get("run_id").asText());
    assertEquals(2.0, saved.get("objective").asDouble());
    assertEquals(10, saved.get("payload_bytes").asLong());
    assertEquals(CommandRun.of("key", "digits").out().strip(), saved.get("key").asText());
  }

  @Test
  void saveUnderARunIdReplacesItsEntry() {
    assertEquals("mine", save("--run-id", "mine", "--iteration", "1"));
    assertEquals("mine", save("--run-id", "mine", "--iteration", "2"));

    assertEquals(2, lookup().get("iteration").asLong());
    assertEquals(
        1, CommandRun.of("ls", root, KEY, "--json").expectDone().json().get("entries").size());
  }

  @Test
  void aRunIsFoundAndRemovedByItsId() {
    CommandRun.of("save", root, KEY, payload, "--objective", "1", "--run-id", "good").expectDone();
    CommandRun.of("save", root, KEY, payload, "--objective", "7", "--run-id", "bad").expectDone();

    JsonNode bad = CommandRun.of("lookup", root, KEY, "--run-id", "bad", "--json").json();
    assertEquals("bad", bad.get("run_id").asText());
    assertTrue(bad.get("ranking").isNull());
    CommandRun removed = CommandRun.of("rm", root, KEY, "--run-id", "bad", "--json").expectDone();
    assertEquals(1, removed.json().get("removed").asInt());

    assertEquals(
        ExitCodes.MISS_OR_PROBLEM,
        CommandRun.of("lookup", root, KEY, "--run-id", "bad").exitCode());
    assertEquals("removed 1 entry", CommandRun.of("rm", root, KEY).expectDone().out().strip());
    assertEquals(ExitCodes.MISS_OR_PROBLEM, CommandRun.of("rm", root, KEY).exitCode());
  }

  @Test
  void whatIsPinnedIsListedAsSuchAndNotRemoved() {
    CommandRun.of("save", root, KEY, payload, "--run-id", "kept").expectDone();
    CommandRun.of("save", root, KEY, payload, "--run-id", "mortal").expectDone();

    assertEquals(
        "pinned run kept",
        CommandRun.of("pin", root, KEY, "--run-id", "kept").expectDone().out().strip());
    assertEquals(
        ExitCodes.MISS_OR_PROBLEM, CommandRun.of("pin", root, KEY, "--run-id", "no").exitCode());

    for (JsonNode entry : CommandRun.of("ls", root, KEY, "--json").json().get("entries")) {
      assertEquals(entry.get("run_id").asText().equals("kept"), entry.get("pinned").asBoolean());
    }
    assertEquals(
        1, CommandRun.of("evict", root, "--budget", "0", "--json").json().get("evicted").asInt());
    CommandRun.of("rm", root, KEY).expectFailure(ExitCodes.ERROR, "pinned", "kept");

    JsonNode unpinned = CommandRun.of("unpin", root, KEY, "--run-id", "kept", "--json").json();
    assertTrue(unpinned.get("unpinned").asBoolean());
    assertEquals(
        ExitCodes.MISS_OR_PROBLEM,
        CommandRun.of("unpin", root, KEY, "--run-id", "kept").exitCode());
    CommandRun.of("rm", root, KEY).expectDone();
  }

  @Test
  void aPinnedKeyIsListedAsSuch() {
    CommandRun.of("save", root, KEY, payload, "--run-id", "one").expectDone();
    CommandRun pinned = CommandRun.of("pin", root, KEY).expectDone();
    assertTrue(pinned.out().endsWith(", 1 entry\n"), pinned.out());

    JsonNode keys = CommandRun.of("ls", root, "--json").json().get("keys");
    assertTrue(keys.get(0).get("pinned").asBoolean());
    assertEquals(
        "unpinned key " + keys.get(0).get("key").asText(),
        CommandRun.of("unpin", root, KEY).expectDone().out().strip());
  }

  /** It set 32 of 40, and failed. */
  @Test
  void whereAKeyWouldHaveTooManyLabelsNoneIsSet() {
    save();
    Object[] given = new Object[43];
    given[0] = "label";
    given[1] = root;
    given[2] = KEY;
    for (int n = 3; n < given.length; n++) {
      given[n] = "n" + n + "=v";
    }

    CommandRun.of(given).expectFailure(ExitCodes.ERROR, "nothing was labelled", "<=32", "actual=");

    JsonNode labels = CommandRun.of("ls", root, KEY, "--json").expectDone().json().get("labels");
    assertEquals("{\"text\":\"digits\"}", labels.toString());
  }

  @Test
  void labelsAreSetAndTakenAwayOfASavedKeyAndOfOneThatIsGone() {
    CommandRun.of("save", root, KEY, payload).expectDone();
    assertEquals(
        2,
        CommandRun.of("label", root, KEY, "solver=saga", "rows=9", "--json")
            .expectDone()
            .json()
            .get("labelled")
            .asInt());
    CommandRun.of("label", root, KEY, "none").expectFailure(ExitCodes.WRONG_USE, "NAME=VALUE");
    CommandRun.of("rm", root, KEY).expectDone();

    assertEquals(
        "took away 1 label",
        CommandRun.of("unlabel", root, KEY, "rows", "k").expectDone().out().strip());
    assertEquals(
        "took away 2 labels", CommandRun.of("unlabel", root, KEY).expectDone().out().strip());
    CommandRun none = CommandRun.of("unlabel", root, KEY);
    assertEquals(ExitCodes.MISS_OR_PROBLEM, none.exitCode());
    assertTrue(none.out().startsWith("no such label of key "), none.out());
  }

  @Test
  void theNameAndTheLabelsOfAKeyComeBackInLs() {
    CommandRun.of("save", root, "text:a name", payload, "--label", "solver=fista", "--label", "k=v")
        .expectDone();
    String digits = CommandRun.of("key", "b").out().strip();
    CommandRun.of("save", root, digits, payload).expectDone();

    String listed = CommandRun.of("ls", root).expectDone().out();
    assertTrue(listed.contains("  k=v, solver=fista, text:a name\n"), listed);
    String bare = CommandRun.of("ls", root, digits).expectDone().out();
    assertTrue(bare.contains("\n1 entry under key"), bare);
    String entries = CommandRun.of("ls", root, "text:a name").expectDone().out();
    assertTrue(entries.endsWith("\nk=v, solver=fista, text:a name\n"), entries);
    JsonNode labels =
        CommandRun.of("ls", root, "text:a name", "--json").expectDone().json().get("labels");
    assertEquals("{\"k\":\"v\",\"solver\":\"fista\",\"text\":\"a name\"}", labels.toString());

    CommandRun.of("save", root, KEY, payload, "--label", "novalue")
        .expectFailure(ExitCodes.WRONG_USE, "NAME=VALUE");
    CommandRun.of("save", root, KEY, payload, "--label", "a b=c")
        .expectFailure(ExitCodes.WRONG_USE, "label's name");
    CommandRun.of("save", root, "text:two\nlines", payload).expectDone();
  }

  @Test
  void whatEvictionSparesIsOfTheRoot() {
    CommandRun.of("policy", root, "--retention", "keep-best-and-latest").expectDone();
    assertEquals(
        "keep-best-and-latest",
        CommandRun.of("policy", root, "--json").json().get("retention").asText());
    for (String[] run : new String[][] {{"best", "1"}, {"middle", "2"}, {"latest", "3"}}) {
      CommandRun.of("save", root, KEY, payload, "--objective", run[1], "--run-id", run[0])
          .expectDone();
    }

    JsonNode told = CommandRun.of("evict", root, "--budget", "700", "--dry-run", "--json").json();

    assertEquals("middle", told.get("removed").get(0).get("run_id").asText());
    CommandRun.of("policy", root, "--retention", "all")
        .expectFailure(ExitCodes.WRONG_USE, "original|keep-best-and-latest");
  }

  @Test
  void savesWithoutARunIdStandSideBySide() {
    assertNotEquals(save(), save());
  }

  @Test
  void eachRankingFindsItsOwn() {
    save("--run-id", "best", "--objective", "1");
    save("--run-id", "finished", "--objective", "3", "--kind", "final");
    save("--run-id", "newest", "--objective", "2");

    assertEquals("best", lookup().get("run_id").asText());
    assertEquals("best", lookup("--ranking", "lowest-objective").get("run_id").asText());
    assertEquals("newest", lookup("--ranking", "latest").get("run_id").asText());
    assertEquals("finished", lookup("--ranking", "final-first").get("run_id").asText());
  }

  @Test
  void standardInputIsAPayloadOfAnyLength() {
    for (int length : new int[] {0, 1, 70_000, 33 << 20}) {
      byte[] input = new byte[length];
      new Random(length).nextBytes(input);

      CommandRun.withInput(input, "save", root, KEY, "-", "--run-id", "piped").expectDone();

      CommandRun found = CommandRun.of("lookup", root, KEY, "--out", "-");
      assertEquals(ExitCodes.DONE, found.exitCode());
      assertArrayEquals(input, found.outBytes());
    }
  }

  @Test
  void aMissIsExitCodeOneAndWritesNothing() throws IOException {
    save();
    Path out = Files.writeString(directory.resolve("out"), "old");

    CommandRun text = CommandRun.of("lookup", root, "text:other", "--out", out);
    CommandRun json = CommandRun.of("lookup", root, "text:other", "--json", "--ranking", "latest");
    CommandRun piped = CommandRun.of("lookup", root, "text:other", "--out", "-");

    assertEquals(ExitCodes.MISS_OR_PROBLEM, text.exitCode());
    assertTrue(text.out().startsWith("miss: "), text.out());
    assertEquals("", text.err());
    assertEquals("old", Files.readString(out));
    assertEquals(ExitCodes.MISS_OR_PROBLEM, json.exitCode());
    assertFalse(json.json().get("hit").asBoolean());
    assertEquals("latest", json.json().get("ranking").asText());
    assertEquals(ExitCodes.MISS_OR_PROBLEM, piped.exitCode());
    assertEquals("", piped.out());
    assertTrue(piped.err().startsWith("miss: "), piped.err());
  }

  @Test
  void anExpiredEntryIsAMissUnlessNothingExpires() throws IOException {
    Path old = directory.resolve("old");
    Fixtures.copy("rust-gam-later-fields", old);

    String key = "3306f93379a5a1f928283595a06a82c53cdc319f01fd1955cb4fb5794d89424b";

    assertEquals(
        ExitCodes.MISS_OR_PROBLEM, CommandRun.of("lookup", old, key, "--ttl", "1").exitCode());
    assertEquals(
        "old",
        CommandRun.of("lookup", old, key, "--ttl", "0", "--json").json().get("run_id").asText());
  }

  /** It was saved, pushed all others out, and was evicted itself; the exit code said done. */
  @Test
  void aPayloadThatCannotFitTheBudgetIsRefusedAndTheOthersStay() {
    CommandRun.of("save", root, "text:other", payload).expectDone();

    CommandRun run = CommandRun.of("save", root, KEY, payload, "--budget", "100");
    CommandRun json = CommandRun.of("save", root, KEY, payload, "--budget", "100", "--json");

    run.expectFailure(ExitCodes.ERROR, "larger than the root's budget: expected<=100 actual=");
    JsonNode error = CommandRun.parse(json.err()).get("error");
    assertEquals("payload_too_large", error.get("type").asText());
    CommandRun.of("lookup", root, "text:other").expectDone();
    assertEquals(ExitCodes.MISS_OR_PROBLEM, CommandRun.of("lookup", root, KEY).exitCode());
  }

  @Test
  void withABudgetOfZeroASaveEvictsTheOthersAndIsFound() {
    CommandRun.of("save", root, "text:other", payload).expectDone();

    CommandRun.of("save", root, KEY, payload, "--budget", "0").expectDone();

    CommandRun.of("lookup", root, KEY).expectDone();
    assertEquals(ExitCodes.MISS_OR_PROBLEM, CommandRun.of("lookup", root, "text:other").exitCode());
  }

  /** The save is done: a script that goes by the exit code saved again. */
  @Test
  void aLookAfterTheSaveThatFailsIsToldAndNoMore() throws IOException {
    CommandRun.of("save", root, "text:a", payload, "--run-id", "one").expectDone();
    Path pins = Files.createDirectories(root.resolve(".warmstart")).resolve("pins");
    Files.deleteIfExists(pins);
    Files.createFile(pins);

    CommandRun run = CommandRun.of("save", root, "text:a", payload, "--run-id", "two");

    assertEquals(ExitCodes.DONE, run.exitCode());
    assertTrue(run.err().contains("cannot be seen"), run.err());
    CommandRun.of("lookup", root, "text:a", "--run-id", "two").expectDone();
  }
}
