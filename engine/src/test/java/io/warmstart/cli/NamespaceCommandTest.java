package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.warmstart.Payloads;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * --namespace makes another key of text:NAME; --seed and --seed-namespace say where else to look.
 */
class NamespaceCommandTest {
  private static final String KEY = "text:digits";
  private static final Fingerprint OF_TEAM =
      new Namespace("team").fingerprinter().absorbString("test", "digits").finish();

  @TempDir Path directory;
  private Path root;
  private Path payload;

  @BeforeEach
  void setUp() throws IOException {
    root = directory.resolve("fits");
    payload = Files.write(directory.resolve("payload"), new byte[64]);
  }

  private void save(Path to, String run, Object... more) {
    CommandRun.of(words(new Object[] {"save", to, KEY, payload, "--run-id", run}, more))
        .expectDone();
  }

  private CommandRun lookup(Object... more) {
    return CommandRun.of(words(new Object[] {"lookup", root, KEY}, more));
  }

  private static Object[] words(Object[] first, Object... more) {
    Object[] words = new Object[first.length + more.length];
    System.arraycopy(first, 0, words, 0, first.length);
    System.arraycopy(more, 0, words, first.length, more.length);
    return words;
  }

  private List<String> listed(String... more) {
    List<String> namespaces = new ArrayList<>();
    CommandRun.of(words(new Object[] {"ls", root, "--json"}, (Object[]) more))
        .expectDone()
        .json()
        .get("keys")
        .forEach(each -> namespaces.add(each.get("labels").path("namespace").asText("none")));
    namespaces.sort(null);
    return namespaces;
  }

  @Test
  void theSameNameIsAnotherKeyInEachNamespace() {
    save(root, "plain");
    save(root, "of-the-team", "--namespace", "team");

    assertEquals("plain", lookup("--json").json().get("run_id").asText());
    JsonNode found = lookup("--namespace", "team", "--json").expectDone().json();
    assertEquals("of-the-team", found.get("run_id").asText());
    assertEquals(OF_TEAM.toHex(), found.get("key").asText());
    assertTrue(found.get("seed").isNull());
    assertEquals(ExitCodes.MISS_OR_PROBLEM, lookup("--namespace", "mine").exitCode());
    assertEquals(
        OF_TEAM.toHex() + "\n",
        CommandRun.of("key", "digits", "--namespace", "team").expectDone().out());
    assertEquals(
        "of-the-team",
        CommandRun.of("lookup", root, OF_TEAM, "--json").json().get("run_id").asText());
  }

  @Test
  void lsShowsNamespacesAndListsThoseOfOneAndBelow() {
    save(root, "1");
    save(root, "2", "--namespace", "team");
    save(root, "3", "--namespace", "team/digits");
    save(root, "4", "--namespace", "teams");

    assertEquals(List.of("none", "team", "team/digits", "teams"), listed());
    assertEquals(List.of("team", "team/digits"), listed("--namespace", "team"));
    assertEquals(List.of("team/digits"), listed("--namespace", "team/digits"));
    assertEquals(List.of(), listed("--namespace", "digits"));
    List<String> lines = CommandRun.of("ls", root, "--namespace", "teams").expectDone().outLines();
    assertTrue(lines.get(1).endsWith("namespace=teams, text:digits"), lines.get(1));
    assertTrue(lines.get(3).startsWith("1 key, 1 entry, "), lines.get(3));
    JsonNode entries =
        CommandRun.of("ls", root, KEY, "--namespace", "teams", "--json").expectDone().json();
    assertEquals("4", entries.get("entries").get(0).get("run_id").asText());
  }

  @Test
  void eachCommandThatTakesAKeyTakesItsNamespace() {
    save(root, "of-the-team", "--namespace", "team");
    String[] commands = {"pin", "unpin", "label", "unlabel", "explain", "restore", "rm"};
    for (String command : commands) {
      Object[] given = {command, root, KEY, "--namespace", "team", "--json"};
      CommandRun run = CommandRun.of(command.equals("label") ? words(given, "solver=saga") : given);
      // Nothing lies in quarantine.
      int expected = command.equals("restore") ? ExitCodes.MISS_OR_PROBLEM : ExitCodes.DONE;
      assertEquals(expected, run.exitCode(), command + run.err());
      if (!command.equals("restore")) {
        assertEquals(OF_TEAM.toHex(), run.json().get("key").asText());
      }
    }
    assertEquals(ExitCodes.MISS_OR_PROBLEM, lookup("--namespace", "team").exitCode());
  }

  /** Without a key it was all of the root, of every namespace: sync sent what others had saved. */
  @Test
  void withoutAKeyANamespaceIsRefused() {
    save(root, "of-the-team", "--namespace", "team");
    save(root, "of-others", "--namespace", "others");
    Path shared = root.resolveSibling("shared");
    CommandRun.of("sync", root, shared.toUri(), "--push", "--namespace", "team")
        .expectFailure(ExitCodes.WRONG_USE, "--namespace: expected=with a key");
    CommandRun.of("restore", root, "--namespace", "team")
        .expectFailure(ExitCodes.WRONG_USE, "--namespace: expected=with a key");
  }

  @Test
  void noSeedIsWhatIsAskedFirst() {
    save(root, "own", "--namespace", "team");
    lookup("--namespace", "team", "--seed", root)
        .expectFailure(ExitCodes.WRONG_USE, "--seed: expected=not ROOT");
    lookup("--namespace", "team", "--seed-namespace", "team")
        .expectFailure(ExitCodes.WRONG_USE, "--seed-namespace: expected=not --namespace");
  }

  @Test
  void aLabelThatTheKeyGivesIsNotGivenTwice() {
    CommandRun run =
        CommandRun.of(
            "save",
            root,
            KEY,
            root.resolveSibling("x"),
            "--namespace",
            "a",
            "--label",
            "namespace=b");
    run.expectFailure(ExitCodes.WRONG_USE, "--label: expected=", "namespace");
  }

  @Test
  void syncTakesTheKeyOfANamespace() throws IOException {
    save(root, "plain");
    save(root, "of-the-team", "--namespace", "team");
    Path remote = Files.createDirectory(directory.resolve("remote"));

    JsonNode synced =
        CommandRun.of("sync", root, remote, "--push", "--key", KEY, "--namespace", "team", "--json")
            .expectDone()
            .json();

    assertEquals(1, synced.get("items").size());
    assertEquals(OF_TEAM.toHex(), synced.get("items").get(0).get("key").asText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"lookup", "explain", "rm", "pin", "label", "claim", "ls", "restore", "save"})
  void digitsAreAKeyAlreadyAndHaveNoOtherNamespace(String command) {
    String key = Payloads.key("digits").toHex();
    Object[] given = {command, root, key, "--namespace", "team"};
    CommandRun run =
        CommandRun.of(
            switch (command) {
              case "label" -> words(given, "solver=saga");
              case "claim" -> words(given, "--", "true");
              case "save" -> words(given, payload);
              default -> given;
            });

    run.expectFailure(ExitCodes.WRONG_USE, "expected=text:NAME with --namespace");
    assertFalse(Files.exists(root));
  }

  @Test
  void whatIsNoNamespaceIsRefused() {
    lookup("--namespace", "").expectFailure(ExitCodes.WRONG_USE, "namespace is not usable");
    lookup("--seed-namespace", "a//b").expectFailure(ExitCodes.WRONG_USE, "actual=\"a//b\"");
    CommandRun.of("lookup", root, OF_TEAM, "--seed-namespace", "mine")
        .expectFailure(ExitCodes.WRONG_USE, "expected=text:NAME with --seed-namespace");
  }

  @Test
  void aSeedAnswersWhereTheRootHasNothingAndTheAnswerTellsIt() throws IOException {
    Path nightly = directory.resolve("nightly");
    Path empty = Files.createDirectory(directory.resolve("empty"));
    save(root, "other", "--namespace", "other");
    save(nightly, "of-the-night");

    JsonNode found = lookup("--seed", empty, "--seed", nightly, "--json").expectDone().json();

    assertEquals("of-the-night", found.get("run_id").asText());
    assertEquals(nightly.toRealPath().toString(), found.get("seed").get("root").asText());
    assertTrue(found.get("seed").get("namespace").isNull());
    assertEquals(found.get("key"), found.get("seed").get("key"));
    String text = lookup("--seed", nightly).expectDone().out();
    assertTrue(text.contains("from root  " + nightly.toRealPath() + "\n"), text);
    assertEquals(ExitCodes.MISS_OR_PROBLEM, lookup("--seed", empty).exitCode());
    assertEquals(ExitCodes.DONE, lookup("--seed", nightly, "--run-id", "of-the-night").exitCode());

    save(root, "own");

    JsonNode own = lookup("--seed", nightly, "--json").expectDone().json();
    assertEquals("own", own.get("run_id").asText());
    assertTrue(own.get("seed").isNull());
    lookup("--seed", directory.resolve("none")).expectFailure(ExitCodes.ERROR, "none");
  }

  @Test
  void aSeedNamespaceAnswersInTheOrderGivenInTheRootBeforeTheSeeds() throws IOException {
    Path nightly = directory.resolve("nightly");
    save(nightly, "of-the-night", "--namespace", "nightly");
    save(root, "of-the-team", "--namespace", "team");
    Object[] both = {"--namespace", "mine", "--seed-namespace", "team", "--json"};

    JsonNode found = lookup(both).expectDone().json();

    assertEquals("of-the-team", found.get("run_id").asText());
    assertNotEquals(OF_TEAM.toHex(), found.get("key").asText());
    assertEquals(OF_TEAM.toHex(), found.get("seed").get("key").asText());
    assertEquals("team", found.get("seed").get("namespace").asText());
    assertEquals(root.toRealPath().toString(), found.get("seed").get("root").asText());

    JsonNode night = lookup(words(both, "--seed-namespace", "nightly", "--seed", nightly)).json();
    assertEquals("of-the-team", night.get("run_id").asText());
    night =
        lookup(
                "--seed-namespace",
                "nightly",
                "--seed-namespace",
                "team",
                "--seed",
                nightly,
                "--json")
            .json();
    assertEquals("of-the-night", night.get("run_id").asText());
    assertEquals("nightly", night.get("seed").get("namespace").asText());
    assertEquals(nightly.toRealPath().toString(), night.get("seed").get("root").asText());
    String text = lookup("--seed-namespace", "team").expectDone().out();
    assertTrue(text.contains("from namespace  team\n"), text);
    assertEquals(
        "of-the-team",
        lookup("--seed-namespace", "team", "--run-id", "of-the-team", "--json")
            .json()
            .get("run_id")
            .asText());
  }

  /** Seeds are looked at, and nothing else. */
  @Test
  void aRootThatIsAnothersCanBeASeed() throws IOException {
    Path original = directory.resolve("original");
    Fixtures.copy("rust-gam-later-fields", original);
    save(root, "own");

    CommandRun found =
        CommandRun.of(
            "lookup",
            root,
            "3306f93379a5a1f928283595a06a82c53cdc319f01fd1955cb4fb5794d89424b",
            "--ttl",
            "0",
            "--seed",
            original,
            "--json");

    assertFalse(Files.exists(original.resolve(".warmstart")));
    assertEquals("old", found.expectDone().json().get("run_id").asText());
  }

  @Test
  void aMissSaysWhereElseWasLooked() {
    Path seed = directory.resolve("seed");
    save(seed, "other", "--namespace", "nobodys");
    save(root, "other", "--namespace", "nobodys");

    CommandRun miss = lookup("--seed", seed, "--seed-namespace", "team");

    assertEquals(ExitCodes.MISS_OR_PROBLEM, miss.exitCode());
    List<String> lines = miss.out().lines().toList();
    assertEquals(List.of("nor in namespace team", "nor in " + seed), lines.subList(1, 3));
  }
}
