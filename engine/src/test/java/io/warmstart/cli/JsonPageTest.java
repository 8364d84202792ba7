package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.warmstart.Claim;
import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.ClaimState;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryKind;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.KeyContents;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.Ranking;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RestoreReport;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import io.warmstart.process.BootId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * docs/json.md tells all fields that a command has with --json, in their order, with their types,
 * and when they are null or absent; and none that it does not have.
 */
@Tag("slow")
class JsonPageTest {
  private static final Fingerprint KEY = Payloads.key("a");
  private static final String NAME = "text:a";

  @TempDir Path directory;
  private final List<JsonNode> outputs = new ArrayList<>();
  private Path root;
  private Path empty;
  private Path remote;
  private Path payload;

  @BeforeEach
  void makeAPayload() throws IOException {
    root = directory.resolve("fits");
    empty = Files.createDirectory(directory.resolve("empty"));
    remote = Files.createDirectory(directory.resolve("remote"));
    payload = Files.write(directory.resolve("payload"), new byte[100]);
  }

  static Stream<String> sections() throws IOException {
    return JsonPage.read().sections().stream();
  }

  @ParameterizedTest
  @MethodSource("sections")
  void aSectionTellsWhatItsCommandDoes(String section) throws Exception {
    switch (section) {
      case "save" -> saves();
      case "lookup" -> lookups();
      case "explain" -> explanations();
      case "ls ROOT" -> listsOfKeys();
      case "ls ROOT KEY" -> listsOfEntries();
      case "rm", "pin", "unpin", "label", "unlabel" -> onKeys(section);
      case "claim" -> claims();
      case "stat" -> stats();
      case "verify" -> verifications();
      case "restore" -> restores();
      case "evict" -> sweeps();
      case "policy" -> policies();
      case "sync" -> syncs();
      case "remote check" -> run("remote", "check", remote);
      case "remote sweep" -> run("remote", "sweep", remote);
      case "key" -> run("key", "a");
      case "Notes and errors" -> notesAndErrors();
      default -> throw new AssertionError("no command is run for it: " + section);
    }
    JsonPage.read().compare(section, outputs);
  }

  @Test
  void eachCommandHasItsSection() throws IOException {
    List<String> sections = sections().toList();
    for (String command : Main.commandNames()) {
      boolean told =
          sections.stream()
              .anyMatch(each -> each.equals(command) || each.startsWith(command + " "));
      assertEquals(!command.equals("completion"), told, command);
    }
  }

  /** Runs a command and takes the object that it writes, wherever it does. */
  private CommandRun run(Object... words) {
    Object[] all = Arrays.copyOf(words, words.length + 1);
    all[words.length] = "--json";
    CommandRun run = CommandRun.of(all);
    take(run);
    return run;
  }

  private void take(CommandRun run) {
    Stream.concat(run.out().lines(), run.err().lines())
        .map(CommandRun::parse)
        .filter(each -> !each.has("note"))
        .forEach(outputs::add);
  }

  private void save(Path to, String runId, Object... more) {
    Object[] words = {"save", to, NAME, payload, "--run-id", runId};
    CommandRun.of(Stream.concat(Stream.of(words), Stream.of(more)).toArray()).expectDone();
  }

  /** Saved with all that can be said of an entry, and with nothing. */
  private void saveTwo() {
    save(root, "one", "--objective", "1", "--iteration", "7");
    save(root, "two", "--kind", "final");
  }

  /** A root with an entry whose stamps are out of the calendar. */
  private Path ahead() throws IOException {
    Path source = directory.resolve("source");
    save(source, "far", "--objective", "0.5");
    CommandRun.of("lookup", source, NAME).expectDone();
    Path ahead = Files.createDirectory(directory.resolve("ahead"));
    Fixtures.copyTree(source.resolve(KEY.toHex()), ahead.resolve(KEY.toHex()));
    Path manifest = ahead.resolve(KEY.toHex()).resolve("far.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replaceAll("_secs\": [0-9]+", "_secs\": " + Long.MAX_VALUE));
    return ahead;
  }

  private void saves() {
    run("save", root, NAME, payload);
    run("save", root, NAME, payload, "--objective", "1", "--iteration", "7");
    run("save", root, NAME, payload, "--remote", remote, "--acknowledge", "remote");
  }

  private void lookups() throws IOException {
    saveTwo();
    save(root, "of-the-team", "--namespace", "team");
    run("lookup", root, NAME, "--out", directory.resolve("out"));
    run("lookup", root, NAME, "--run-id", "two");
    run("lookup", root, "text:none");
    run("lookup", empty, NAME, "--seed", root);
    run("lookup", empty, "text:none", "--seed", root);
    run("lookup", root, NAME, "--namespace", "mine", "--seed-namespace", "team");
    run("lookup", ahead(), NAME);
  }

  private void explanations() throws IOException {
    saveTwo();
    save(root, "broken");
    Files.writeString(root.resolve(KEY.toHex()).resolve("broken.json"), "{");
    run("explain", root, NAME);
    run("explain", root, "text:none");
    run("explain", ahead(), NAME);
  }

  private void listsOfKeys() throws IOException {
    saveTwo();
    Path other = Files.createDirectory(root.resolve(Payloads.key("other").toHex()));
    Files.writeString(other.resolve("broken.json"), "{");
    run("ls", root);
    run("ls", ahead());
    // To the superuser, as whom this may run, no directory is closed.
    KeyContents closed =
        new KeyContents(
            Payloads.key("closed"),
            List.of(),
            0,
            0,
            false,
            new TreeMap<>(),
            Optional.of("permission denied"));
    outputs.add(CommandRun.parse(Json.line(new ListCommand.Keys(List.of(closed), 0)::writeJson)));
  }

  private void listsOfEntries() throws IOException {
    saveTwo();
    run("ls", root, NAME);
    CommandRun.of("lookup", root, NAME).expectDone();
    run("ls", root, NAME);
    run("ls", root, "text:none");
    run("ls", ahead(), NAME);
  }

  private void onKeys(String command) {
    saveTwo();
    boolean ofRuns = !command.equals("label") && !command.equals("unlabel");
    run(command, root, NAME, ofRuns ? "--run-id=one" : "b=c");
    run(command.equals("label") ? new Object[] {command, root, NAME, "d=e"} : whole(command));
  }

  private Object[] whole(String command) {
    return new Object[] {command, root, NAME};
  }

  private void claims() {
    Path there = directory.resolve("there");
    RemoteOptions shared = RemoteOptions.of(remote.toUri());
    try (WarmStartStore elsewhere =
            WarmStartStore.open(there, StoreOptions.defaults().withRemote(shared));
        Claim claim = elsewhere.claim(KEY)) {
      assertEquals(ClaimState.MINE, claim.state());
      run("claim", root, NAME, "--remote", remote, "--json", "--", "true");
    }
    try (WarmStartStore here = WarmStartStore.open(root);
        Claim claim = here.claim(KEY)) {
      assertEquals(ClaimState.MINE, claim.state());
      run("claim", root, NAME, "--json", "--", "true");
    }
    save(root, "done", "--kind", "final");
    run("claim", root, NAME, "--json", "--", "true");
  }

  private void stats() throws IOException {
    saveTwo();
    run("stat", root, "--watch", "--count", "1");
    run("stat", root, "--remote", remote);
    save(root, "three", "--remote", remote);
    run("stat", root, "--remote", remote);
    run("stat", root, "--remote", directory.resolve("none"));
    try (UnwritableRoot readOnly = UnwritableRoot.copyOf(root, directory.resolve("read-only"))) {
      run("stat", readOnly.path());
    }
    damagePolicy();
    run("stat", root);
  }

  private void damagePolicy() throws IOException {
    Files.writeString(root.resolve(".warmstart/policy"), "{");
  }

  private void verifications() throws IOException {
    saveTwo();
    Path ofKey = root.resolve(KEY.toHex());
    Owner gone = new Owner(77, BootId.read(), 1);
    StagedName staged = new StagedName("one", StagedName.Role.PAYLOAD, gone, 1);
    Files.writeString(ofKey.resolve(staged.toText()), "half of");
    Files.writeString(root.resolve("stray"), "");
    run("verify", root);
    run("verify", root, "--repair");
  }

  private void restores() throws IOException {
    saveTwo();
    Path manifest = root.resolve(KEY.toHex()).resolve("one.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("\"schema_version\": 1", "\"schema_version\": 2"));
    CommandRun.of("verify", root, "--repair");
    Files.writeString(
        root.resolve(".warmstart/quarantine/0000000000000002-000001-0-r_2_bin"), "whose?");
    run("restore", root, "--list");
    // Somebody has mended it.
    try (Stream<Path> files = Files.list(root.resolve(".warmstart/quarantine"))) {
      for (Path each : files.filter(file -> file.toString().endsWith("one~json")).toList()) {
        Files.writeString(each, text);
      }
    }
    run("restore", root);
  }

  private void sweeps() throws IOException {
    saveTwo();
    run("evict", root, "--budget", "500");
    damagePolicy();
    run("evict", root);
  }

  private void policies() throws IOException {
    run("policy", empty);
    run("policy", root, "--budget", "1G", "--ttl", "3d");
    damagePolicy();
    run("policy", root);
  }

  private void syncs() {
    saveTwo();
    run("sync", root, remote);
    run("sync", empty, remote);
  }

  private void notesAndErrors() {
    assertEquals(ExitCodes.ERROR, run("ls", directory.resolve("none")).exitCode());
    assertEquals(ExitCodes.WRONG_USE, run("ls").exitCode());
    CommandRun noted = CommandRun.of("save", root, NAME, payload, "--remote", "/none", "--json");
    noted.err().lines().map(CommandRun::parse).forEach(outputs::add);
  }

  /** A word that came later and that the page does not have. */
  @Test
  void theWordsOfAFieldAreTold() throws IOException {
    JsonPage page = JsonPage.read();
    assertWords(page, "save", "kind", EntryKind.values());
    assertWords(page, "save", "acknowledged", Acknowledgement.values());
    assertWords(page, "lookup", "ranking", Ranking.values());
    assertWords(page, "explain", "ranking", Ranking.values());
    assertWords(page, "explain", "candidates[].kind", EntryKind.values());
    assertWords(page, "ls ROOT KEY", "entries[].kind", EntryKind.values());
    assertWords(page, "claim", "state", ClaimState.FINISHED, ClaimState.OTHERS);
    assertWords(page, "evict", "removed[].reason", EvictionReport.Reason.values());
    assertWords(page, "policy", "size_budget_origin", RootPolicy.Origin.values());
    assertWords(page, "policy", "retention", Retention.values());
    String outcomes = page.field("restore", "items[].outcome").what();
    for (RestoreReport.Outcome each : RestoreReport.Outcome.values()) {
      assertTrue(outcomes.contains("`" + each.name().toLowerCase(Locale.ROOT) + "`"), outcomes);
    }
  }

  private static void assertWords(JsonPage page, String section, String path, Enum<?>... words) {
    String what = page.field(section, path).what();
    for (Enum<?> each : words) {
      assertTrue(what.contains("`" + Quantities.word(each) + "`"), () -> each + ": " + what);
    }
  }

  @Test
  void theTypesOfErrorsAreTold() throws IOException {
    String page =
        Files.readString(
            Path.of(System.getProperty("warmstart.test.projectRoot"), "docs", "json.md"));
    for (Failure each :
        List.of(
            Failure.wrongUse("x"),
            Failure.of(new DurabilityUnknownException("x", new IOException())),
            Failure.of(new StorageFullException("x", new IOException())),
            Failure.of(new PayloadTooLargeException("x")),
            Failure.of(new ReadOnlyStoreException("x", new IOException())),
            Failure.of(new StoreException("x")),
            Failure.of(new CommandFailedException("x")),
            Failure.of(new OutOfMemoryError()),
            Failure.of(new IllegalStateException()))) {
      String row = "\n| `" + each.type() + "` | " + each.exitCode() + " | ";
      assertTrue(page.contains(row), row);
    }
  }
}
