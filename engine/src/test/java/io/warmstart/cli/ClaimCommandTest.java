package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.warmstart.Claim;
import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.index.ForkedJvm;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import io.warmstart.testing.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A command is run with the claim held, or not at all. */
@Tag("slow")
@Timeout(120)
class ClaimCommandTest {
  @TempDir Path directory;
  private final Fingerprint key = Payloads.key("fit");
  private Path root;
  private Path ran;

  @BeforeEach
  void setUp() {
    root = directory.resolve("fits");
    ran = directory.resolve("ran");
  }

  private CommandRun claim(Object... more) {
    Object[] words = new Object[3 + more.length];
    words[0] = "claim";
    words[1] = root;
    words[2] = "text:fit";
    System.arraycopy(more, 0, words, 3, more.length);
    return CommandRun.of(words);
  }

  @Test
  void itsExitCodeIsTheCommands() {
    assertEquals(0, claim("--", "touch", ran).expectDone().exitCode());
    assertTrue(Files.exists(ran));
    CommandRun seven = claim("--", "sh", "-c", "exit 7");
    assertEquals(7, seven.exitCode());
    assertEquals("", seven.err());
    assertEquals(128 + 9, claim("--", "sh", "-c", "kill -9 $$").exitCode());
    claim("--", directory.resolve("none")).expectFailure(ExitCodes.ERROR, "not run", "none");
    claim("--", "true").expectDone();
  }

  @Test
  void itsOwnWordsEndWhereTheCommandBegins() {
    claim("true", "--ttl", "3").expectFailure(ExitCodes.WRONG_USE, "COMMAND");
    claim().expectFailure(ExitCodes.WRONG_USE, "COMMAND");
    claim("env", "--wait", "3", "--", "true").expectFailure(ExitCodes.WRONG_USE, "COMMAND");
    claim("--", "sh", "-c", "test \"$*\" = 'a -- b'", "sh", "a", "--", "b").expectDone();
    claim("--wait", "soon", "--", "true").expectFailure(ExitCodes.WRONG_USE, "wait: expected=");
    CommandRun failed = claim("--", directory.resolve("none"), "--json");
    CommandRun.assertOneErrorLine(failed.err(), "not run");
  }

  @Test
  void anotherMachineIsKeptOutByTheRemote() throws Exception {
    Path shared = Files.createDirectory(directory.resolve("shared"));
    Object[] with = {"--remote", shared.toUri(), "--lease", "5s", "--", "touch", ran};
    StoreOptions options = StoreOptions.defaults().withRemote(RemoteOptions.of(shared.toUri()));
    try (WarmStartStore other = WarmStartStore.open(directory.resolve("other"), options)) {
      try (Claim held = other.claim(key)) {
        assertEquals(ClaimState.MINE, held.state());
        CommandRun refused = claim(with);
        assertEquals(ExitCodes.MISS_OR_PROBLEM, refused.exitCode());
        long self = ProcessHandle.current().pid();
        assertTrue(refused.err().startsWith("claimed by process " + self + " of "), refused::err);
        assertFalse(Files.exists(ran));
      }
      claim(with).expectDone();
      assertTrue(Files.exists(ran));
    }
    WarmStartStore saver = WarmStartStore.open(directory.resolve("saver"));
    saver.save(key, new byte[9], EntryAttributes.finalResult());
    saver.close();
    Path saved = directory.resolve("saver").resolve(key.toHex());
    claim(with[0], with[1], "--", "cp", "-r", saved, root).expectDone();
    try (Stream<Path> objects = Files.list(shared.resolve(key.toHex()))) {
      assertEquals(1, objects.filter(each -> each.toString().endsWith(".json")).count());
    }
    // What another program has put there is seen after a moment.
    Await.until("it is finished", () -> claim(with).err().startsWith("finished: "));

    Files.move(shared, directory.resolve("away"));
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.remove(key);
    }
    claim(with).expectFailure(ExitCodes.ERROR, "not there", "nothing was claimed");
    Object[] alone = with.clone();
    alone[2] = "--alone";
    alone[3] = "--wait=1";
    CommandRun ofThisMachine = claim(alone);
    assertEquals(0, ofThisMachine.exitCode());
    assertTrue(ofThisMachine.err().contains("does not bind them"), ofThisMachine::err);
    claim("--lease", "0", "--", "true").expectFailure(ExitCodes.WRONG_USE, "--lease: ");
  }

  @Test
  void whatIsFinishedOrAnothersIsNotRun() {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      try (Claim held = store.claim(key)) {
        assertEquals(ClaimState.MINE, held.state());
        CommandRun refused = claim("--wait", "1", "--", "touch", ran);
        long self = ProcessHandle.current().pid();
        assertEquals(ExitCodes.MISS_OR_PROBLEM, refused.exitCode());
        assertEquals("claimed by process " + self + ": key=" + key.toHex() + "\n", refused.err());
        CommandRun json = claim("--json", "--", "touch", ran);
        assertEquals(ExitCodes.MISS_OR_PROBLEM, json.exitCode());
        JsonNode told = CommandRun.parse(json.err());
        assertEquals("others", told.get("state").asText());
        assertEquals(self, told.get("holder").asLong());
      }
      store.save(key, new byte[3], EntryAttributes.finalResult());
      CommandRun finished = claim("--", "touch", ran);
      assertEquals(ExitCodes.DONE, finished.exitCode());
      assertEquals("finished: key=" + key.toHex() + "\n", finished.err());
      JsonNode told = CommandRun.parse(claim("--json", "--", "touch", ran).err());
      assertEquals("finished", told.get("state").asText());
      assertTrue(told.get("holder").isNull());
    }
    assertFalse(Files.exists(ran));
  }

  @Test
  void whatOtherMachinesMayDoIsSaid() throws Exception {
    CommandRun run =
        claim("--local-directory", Files.createDirectory(directory.resolve("m")), "--", "true");

    assertEquals(ExitCodes.DONE, run.exitCode());
    assertTrue(run.err().startsWith("note: other machines"), run.err());
  }

  /** What a scheduler sends before it kills: the command can save its last checkpoint. */
  @Test
  void aSignalReachesTheCommandAndItsEndIsAwaited() throws Exception {
    String script = "trap 'echo told; exit 5' TERM; echo started; while :; do sleep 0.05; done";
    try (ForkedJvm command =
            ForkedJvm.start(
                Main.class, "claim", root.toString(), "text:fit", "--", "sh", "-c", script);
        WarmStartStore store = WarmStartStore.open(root)) {
      command.awaitLine("started");
      try (Claim claim = store.claim(key)) {
        assertEquals(ClaimState.OTHERS, claim.state());

        command.terminate();

        command.awaitLine("told");
        assertEquals(ClaimState.MINE, claim.await(Duration.ofMinutes(1)));
      }
    }
  }

  @Test
  void whoDiesHoldsNothingThoughItsCommandGoesOn() throws Exception {
    String script = "echo started $$; exec sleep 1000";
    long child = -1;
    try (ForkedJvm command =
            ForkedJvm.start(
                Main.class, "claim", root.toString(), "text:fit", "--", "sh", "-c", script);
        WarmStartStore store = WarmStartStore.open(root)) {
      child = Long.parseLong(command.awaitLine("started"));
      command.kill();
      assertEquals(0, claim("--", "touch", ran).exitCode());
      assertTrue(Files.exists(ran));
      assertEquals(1, store.stats().liveProcesses());
      assertTrue(ProcessHandle.of(child).isPresent());
    } finally {
      if (child > 1) {
        ForkedJvm.signal(child, "KILL");
      }
    }
    long killed = child;
    Await.until("it is gone", () -> ProcessHandle.of(killed).isEmpty());
  }
}
