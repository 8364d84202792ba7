package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.warmstart.index.IndexPatch;
import io.warmstart.model.Digest256;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyAndEvictTest {
  @TempDir Path directory;
  private Path root;
  private Path keyDirectory;

  @BeforeEach
  void setUp() throws IOException {
    root = directory.resolve("fits");
    Path payload = Files.write(directory.resolve("payload"), new byte[1000]);
    for (String runId : List.of("one", "two")) {
      CommandRun.of("save", root, "text:a", payload, "--run-id", runId).expectDone();
    }
    keyDirectory = root.resolve(CommandRun.of("key", "a").out().strip());
  }

  private static List<String> kinds(JsonNode report) {
    List<String> kinds = new ArrayList<>();
    report.get("problems").forEach(problem -> kinds.add(problem.get("kind").asText()));
    return kinds;
  }

  @Test
  void verifyOfASoundRootIsDone() {
    String text = CommandRun.of("verify", root).expectDone().out();
    JsonNode report = CommandRun.of("verify", root, "--json").expectDone().json();

    assertTrue(text.startsWith("checked 2 whole entries under 1 key, 1.95 KiB of payloads"), text);
    assertTrue(text.endsWith("nothing is wrong\n"), text);
    assertTrue(report.get("clean").asBoolean());
    assertEquals(2, report.get("entries").asInt());
    assertEquals(2000, report.get("payload_bytes").asLong());
    assertEquals(0, report.get("problems").size());
  }

  @Test
  void verifyNamesEachProblemAndWhatToDo() throws IOException {
    anotherSchema("one");
    Files.write(keyDirectory.resolve("two.bin"), new byte[] {1, 2, 3});
    Files.writeString(root.resolve("no\u001b[31mkey\nat all"), "");

    CommandRun text = CommandRun.of("verify", root);
    CommandRun json = CommandRun.of("verify", root, "--json");

    assertEquals(ExitCodes.MISS_OR_PROBLEM, text.exitCode());
    assertEquals("", text.err());
    assertFalse(text.out().contains("\u001b"), text.out());
    assertTrue(text.out().contains("no\\u001b[31mkey\\u000aat all"), text.out());
    assertTrue(text.out().contains("expected=1000 actual=3"), text.out());
    assertTrue(text.out().contains("--repair"), text.out());
    assertTrue(text.out().endsWith("3 problems\n"), text.out());
    assertEquals(ExitCodes.MISS_OR_PROBLEM, json.exitCode());
    assertEquals(List.of("stray name", "schema version", "incomplete"), kinds(json.json()));
    JsonNode schema = json.json().get("problems").get(1);
    assertEquals(
        keyDirectory.resolve("one.json").toRealPath().toString(), schema.get("path").asText());
    assertFalse(schema.get("repaired").asBoolean());
    assertTrue(schema.get("next").asText().contains("--repair"));
    JsonNode size = json.json().get("problems").get(2);
    assertEquals(
        keyDirectory.resolve("two.bin").toRealPath().toString(), size.get("path").asText());
    assertTrue(size.get("next").asText().contains("in a minute"));
    assertTrue(Files.exists(keyDirectory.resolve("one.bin")));
  }

  @Test
  void repairMovesAsideAndASecondRunIsSound() throws IOException {
    anotherSchema("one");

    CommandRun repaired = CommandRun.of("verify", root, "--repair");

    assertEquals(ExitCodes.MISS_OR_PROBLEM, repaired.exitCode());
    assertTrue(repaired.out().contains("schema version (repaired)\n"), repaired.out());
    assertTrue(repaired.out().contains("1 problem, 1 repaired\n"), repaired.out());
    assertTrue(repaired.out().contains(".warmstart/quarantine"), repaired.out());
    assertFalse(Files.exists(keyDirectory.resolve("one.bin")));
    CommandRun.of("verify", root).expectDone();
  }

  /** What is bad however young it is. */
  private void anotherSchema(String runId) throws IOException {
    Path manifest = keyDirectory.resolve(runId + ".json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("\"schema_version\": 1", "\"schema_version\": 2"));
  }

  /** The way back, on the command line: what came to quarantine, and what is done about it. */
  @Test
  void restoreListsAndBringsBackWhatIsWhole() throws IOException {
    Path manifest = keyDirectory.resolve("one.json");
    String good = Files.readString(manifest);
    anotherSchema("one");
    CommandRun.of("verify", root, "--repair");
    assertTrue(CommandRun.of("restore", root, "--list").expectDone().out().contains("not whole"));
    CommandRun stays = CommandRun.of("restore", root);
    assertEquals(ExitCodes.MISS_OR_PROBLEM, stays.exitCode());
    assertTrue(stays.out().contains("0 entries restored, 1 item stays in "), stays.out());

    // Somebody has mended the manifest, and put it where it belongs.
    Files.createDirectories(keyDirectory);
    Files.writeString(manifest, good);
    JsonNode listed = CommandRun.of("restore", root, "--list", "--json").expectDone().json();
    assertEquals("restorable", listed.get("items").get(0).get("outcome").asText());
    assertEquals("one", listed.get("items").get(0).get("run_id").asText());
    assertTrue(Files.notExists(keyDirectory.resolve("one.bin")));

    JsonNode restored = CommandRun.of("restore", root, "text:a", "--json").json();
    assertEquals(1, restored.get("restored").asInt());
    assertEquals("restored", restored.get("items").get(0).get("outcome").asText());
    CommandRun.of("verify", root).expectDone();
    CommandRun missed = CommandRun.of("restore", root, "text:b");
    assertEquals(ExitCodes.MISS_OR_PROBLEM, missed.exitCode());
    assertTrue(missed.out().startsWith("nothing to restore lies in "), missed.out());
  }

  @Test
  void verifyComparesTheIndexWithTheFilesAndRepairCountsItAnew() throws IOException {
    awaitOld(keyDirectory);
    CommandRun.of("evict", root).expectDone();
    Digest256 key = Digest256.fromHex(keyDirectory.getFileName().toString());
    IndexPatch.of(root.resolve(".warmstart")).keyBytes(key, 5);

    CommandRun found = CommandRun.of("verify", root);
    CommandRun repaired = CommandRun.of("verify", root, "--repair");

    assertEquals(ExitCodes.MISS_OR_PROBLEM, found.exitCode());
    assertTrue(found.out().contains("\nindex\n"), found.out());
    assertTrue(found.out().contains("key=" + key.toHex() + " bytes: expected="), found.out());
    assertTrue(found.out().contains("--repair"), found.out());
    assertEquals(ExitCodes.MISS_OR_PROBLEM, repaired.exitCode());
    assertTrue(repaired.out().contains("1 problem, 1 repaired\n"), repaired.out());
    assertFalse(repaired.out().contains("quarantine"), repaired.out());
    CommandRun.of("verify", root).expectDone();
  }

  /** Only what is older than a tick of the clock tells that nothing has changed since. */
  private static void awaitOld(Path directory) throws IOException {
    long young = TimeUnit.MILLISECONDS.toNanos(50);
    Await.until(
        "it is old enough",
        () ->
            SystemEpochNanoClock.INSTANCE.nanoTime()
                    - Files.getLastModifiedTime(directory).to(TimeUnit.NANOSECONDS)
                >= young);
  }

  @Test
  void evictTellsWhatItRemoved() {
    JsonNode swept = CommandRun.of("evict", root, "--budget", "1500", "--json").expectDone().json();
    String again = CommandRun.of("evict", root, "--budget", "1500").expectDone().out();

    assertEquals(1, swept.get("evicted").asInt());
    assertEquals(1500, swept.get("size_budget_bytes").asLong());
    assertTrue(swept.get("bytes_before").asLong() > 2000);
    assertTrue(swept.get("bytes_after").asLong() <= 1500);
    assertEquals(0, swept.get("failures").asInt());
    assertTrue(again.contains("evicted                    0\n"), again);
    assertTrue(again.contains(" of 1.46 KiB\n"), again);
  }

  /** It told the bytes, with exit code 0, and not why they stay. */
  @Test
  void evictTellsWhyARootStaysOverItsBudget() {
    CommandRun.of("pin", root, "text:a").expectDone();

    String text = CommandRun.of("evict", root, "--budget", "1K").expectDone().out();
    JsonNode swept = CommandRun.of("evict", root, "--budget", "1K", "--json").expectDone().json();

    assertTrue(
        text.lines()
            .anyMatch(each -> each.matches("still over by +1\\.\\d+ KiB: 2\\.\\d+ KiB are pinned")),
        text);
    long after = swept.get("bytes_after").asLong();
    assertEquals(after, swept.get("pinned_bytes").asLong());
    assertEquals(after - 1024, swept.get("over_budget_bytes").asLong());
    assertEquals(0, swept.get("unreadable_bytes").asLong());
  }

  @Test
  void evictRemovesWhatHasExpired() throws IOException {
    Path old = directory.resolve("old");
    Fixtures.copy("rust-gam-later-fields", old);

    JsonNode swept = CommandRun.of("evict", old, "--ttl", "1", "--json").expectDone().json();

    assertEquals(4, swept.get("expired").asInt());
    assertEquals(0, CommandRun.of("ls", old, "--json").json().get("entries").asInt());
  }

  @Test
  void aDryRunNamesWhatWouldGoAndRemovesNothing() {
    JsonNode dry =
        CommandRun.of("evict", root, "--budget", "1500", "--dry-run", "--json").expectDone().json();
    JsonNode swept = CommandRun.of("evict", root, "--budget", "1500", "--json").expectDone().json();

    assertTrue(dry.get("dry_run").asBoolean());
    assertEquals(1, dry.get("removed").size());
    assertEquals("over-budget", dry.get("removed").get(0).get("reason").asText());
    assertEquals(dry.get("removed"), swept.get("removed"));
    assertEquals(dry.get("bytes_after"), swept.get("bytes_after"));
  }

  @Test
  void aPolicyIsSetWithUnitsShownAndGoneByAndASweepsOwnLimitsLeaveItAsItIs() {
    CommandRun.of("policy", root, "--budget", "10G", "--ttl", "30d").expectDone();
    JsonNode policy = CommandRun.of("policy", root, "--json").expectDone().json();
    CommandRun.of("evict", root, "--budget", "1K", "--ttl", "0").expectDone();

    assertEquals(10L << 30, policy.get("size_budget_bytes").asLong());
    assertEquals("named", policy.get("size_budget_origin").asText());
    assertEquals(30L * 86_400, policy.get("ttl_seconds").asLong());
    assertEquals(policy, CommandRun.of("policy", root, "--json").expectDone().json());
    assertEquals(
        10L << 30, CommandRun.of("stat", root, "--json").json().get("size_budget_bytes").asLong());
    assertTrue(CommandRun.of("policy", root).out().contains("10.0 GiB"));
  }

  @Test
  void aDamagedPolicyIsToldByVerifyAndPolicyAndMendedByTheLatter() throws IOException {
    Path file = root.resolve(".warmstart").resolve("policy");
    Files.writeString(file, "{ half of");

    CommandRun verify = CommandRun.of("verify", root);
    CommandRun policy = CommandRun.of("policy", root);

    assertEquals(ExitCodes.MISS_OR_PROBLEM, verify.exitCode());
    assertTrue(verify.out().contains("\npolicy\n"), verify.out());
    assertEquals(ExitCodes.MISS_OR_PROBLEM, policy.exitCode());
    assertTrue(policy.out().contains("damaged"), policy.out());
    assertEquals(
        ExitCodes.MISS_OR_PROBLEM, CommandRun.of("evict", root, "--budget", "1").exitCode());
    CommandRun.of("policy", root, "--budget", "5M").expectDone();
    CommandRun.of("verify", root).expectDone();
  }
}
