package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
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
}
