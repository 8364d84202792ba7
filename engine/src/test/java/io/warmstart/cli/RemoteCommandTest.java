package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteCommandTest {
  @TempDir Path directory;

  @Test
  void aDirectoryPassesTheCheck() {
    CommandRun run = CommandRun.of("remote", "check", directory).expectDone();
    assertTrue(run.out().contains("ok      one of a name that is taken is refused"), run.out());
    assertTrue(run.out().contains("may be used"), run.out());
    JsonNode json = CommandRun.of("remote", "check", directory, "--json").json();
    assertTrue(json.get("passed").booleanValue());
    assertEquals(6, json.get("steps").size());
  }

  @Test
  void whatIsNotThereIsAProblemFoundAndSaidLoudly() {
    CommandRun run = CommandRun.of("remote", "check", directory.resolve("none"));
    assertEquals(ExitCodes.MISS_OR_PROBLEM, run.exitCode());
    assertTrue(run.out().contains("FAILED  an object can be made"), run.out());
    assertTrue(run.out().contains("DO NOT USE IT"), run.out());
  }

  @Test
  void aSweepTellsWhatWent() {
    JsonNode json = CommandRun.of("remote", "sweep", directory, "--dry-run", "--json").json();
    assertTrue(json.get("dry_run").booleanValue());
    assertEquals(0, json.get("superseded").size());
    assertEquals(0, json.get("without_manifest").size());
  }

  @Test
  void theLifecycleRuleIsThatOfThePrefix() {
    JsonNode rule =
        CommandRun.parse(
                CommandRun.of("remote", "lifecycle", "s3://bucket/a/b", "--days", 30)
                    .expectDone()
                    .out())
            .get("Rules")
            .get(0);
    assertEquals("a/b/", rule.get("Filter").get("Prefix").textValue());
    assertEquals(30, rule.get("Expiration").get("Days").intValue());
    assertEquals(
        1, rule.get("AbortIncompleteMultipartUpload").get("DaysAfterInitiation").intValue());
    JsonNode kept =
        CommandRun.parse(CommandRun.of("remote", "lifecycle", "s3://bucket").expectDone().out());
    assertFalse(kept.get("Rules").get(0).has("Expiration"));
  }

  @Test
  void wrongUseIsToldWithoutThePassword() {
    for (String url : new String[] {"s3://me:secret@bucket/x", "s3://me:sec ret@bucket/x"}) {
      CommandRun run =
          CommandRun.of("remote", "check", url)
              .expectFailure(ExitCodes.WRONG_USE, "remote: expected=");
      assertFalse(run.err().contains("ret@"), run.err());
    }
    CommandRun.of("remote", "lifecycle", directory)
        .expectFailure(ExitCodes.WRONG_USE, "s3://BUCKET/PREFIX");
    CommandRun.of("remote", "check", directory, "--dry-run")
        .expectFailure(ExitCodes.WRONG_USE, "sweep");
    CommandRun.of("remote", "sweep", directory, "--days", 3)
        .expectFailure(ExitCodes.WRONG_USE, "lifecycle");
    CommandRun.of("remote", "erase", directory)
        .expectFailure(ExitCodes.WRONG_USE, "check|lifecycle|sweep");
  }

  @Test
  void aSaveTellsByItsExitCodeWhetherTheRemoteHasIt() throws Exception {
    Path root = directory.resolve("root");
    Path remote = Files.createDirectory(directory.resolve("remote"));
    Path payload = Files.writeString(directory.resolve("payload"), "x");

    JsonNode there =
        CommandRun.of(
                "save",
                root,
                "text:a",
                payload,
                "--remote",
                remote,
                "--acknowledge",
                "remote",
                "--json")
            .expectDone()
            .json();
    assertEquals("remote", there.get("acknowledged").textValue());
    CommandRun.of("lookup", directory.resolve("other"), "text:a", "--remote", remote)
        .expectFailure(ExitCodes.ERROR, "root does not exist");

    CommandRun here =
        CommandRun.of(
            "save",
            root,
            "text:b",
            payload,
            "--remote",
            directory.resolve("none"),
            "--acknowledge",
            "remote",
            "--json");
    assertEquals(ExitCodes.MISS_OR_PROBLEM, here.exitCode());
    assertEquals("local", here.json().get("acknowledged").textValue());
    assertTrue(here.err().contains("saved here, and not in the remote yet"), here.err());
    CommandRun.of("lookup", root, "text:b").expectDone();

    CommandRun.of("save", root, "text:c", payload, "--acknowledge", "remote")
        .expectFailure(ExitCodes.WRONG_USE, "--remote");
    CommandRun.of("save", root, "text:c", payload, "--acknowledge", "both")
        .expectFailure(ExitCodes.WRONG_USE, "local|remote");
  }

  @Test
  void aStatTellsWhatARemoteHasNotAndSendsNothing() throws Exception {
    Path root = directory.resolve("root");
    Path remote = Files.createDirectory(directory.resolve("remote"));
    Path payload = Files.writeString(directory.resolve("payload"), "xyz");
    CommandRun.of("save", root, "text:a", payload).expectDone();
    CommandRun.of("save", root, "text:b", payload).expectDone();

    for (int look = 0; look < 2; look++) {
      JsonNode found =
          CommandRun.of("stat", root, "--remote", remote, "--json").json().get("remote");
      assertTrue(found.get("reachable").booleanValue());
      assertTrue(found.get("answer_ms").isNumber());
      assertEquals(2, found.get("due_entries").longValue());
      assertEquals(6, found.get("due_bytes").longValue());
      assertTrue(found.get("oldest_due").isTextual());
    }
    assertTrue(
        CommandRun.of("stat", root, "--remote", remote)
            .expectDone()
            .out()
            .contains("2 entries, 6 B"));

    CommandRun.of("save", root, "text:c", payload, "--remote", remote).expectDone();
    JsonNode none = CommandRun.of("stat", root, "--remote", remote, "--json").json().get("remote");
    assertEquals(0, none.get("due_entries").longValue());
    assertTrue(none.get("oldest_due").isNull());

    CommandRun gone = CommandRun.of("stat", root, "--remote", directory.resolve("none"), "--json");
    JsonNode away = gone.expectDone().json().get("remote");
    assertFalse(away.get("reachable").booleanValue());
    assertTrue(away.get("due_entries").isNull());
    assertTrue(away.get("failure").textValue().contains("none"), away.toString());
    CommandRun.of("stat", root, "--remote", remote, "--watch")
        .expectFailure(ExitCodes.WRONG_USE, "--watch");
  }
}
