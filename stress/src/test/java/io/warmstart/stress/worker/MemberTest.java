package io.warmstart.stress.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.stress.fork.JavaCommand;
import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.fork.Tool.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class MemberTest {
  private static final String UNHARMED = "unharmed";
  private static final List<String> NAMESPACE =
      List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc");

  @TempDir Path directory;

  /**
   * A worker that never stood ready has told no pid, and {@code kill} takes -1 for every process of
   * the machine. So this machine is a PID namespace, of which nothing outlives the test.
   */
  @Test
  void whatIsSentToWorkerThatNeverStoodReadyReachesNobodyElse()
      throws IOException, InterruptedException {
    assumeNamespace();
    List<String> command = new ArrayList<>(NAMESPACE);
    // The first process is spared by a signal to all, and so has to tell.
    command.addAll(List.of("sh", "-c", "\"$@\" || echo ended with $?", "sh"));
    command.addAll(JavaCommand.of(Namespace.class, List.of(directory.toString())));

    Outcome outcome = Tool.attempt(command);

    assertEquals(UNHARMED, outcome.output());
  }

  @Test
  void workerIsStoppedAndGoesOnAndDies() throws IOException, InterruptedException {
    try (Member member = member(directory, Launch.PLAIN)) {
      assertTrue(member.awaitReady());

      member.stopJvm();
      awaitState(member, 'T');
      member.continueJvm();
      awaitState(member, 'S');
      member.killJvm();

      assertTrue(member.awaitEnd(60));
      assertTrue(member.wasKilled());
    }
  }

  @Test
  void jvmBelowAnotherProgramIsKilledAndNotTheProgram() throws IOException, InterruptedException {
    List<String> program = List.of("sh", "-c", "\"$@\"; exit 3", "sh");
    try (Member member = member(directory, Launch.PLAIN.through(program))) {
      assertTrue(member.awaitReady());

      member.killJvm();

      assertTrue(member.awaitEnd(60));
      assertFalse(member.wasKilled());
      assertTrue(member.epitaph().contains("ended with status 3"), member.epitaph());
    }
  }

  /** The pid that it tells is that of another's first process here. */
  @Test
  void workerInNamespaceOfItsOwnIsKilledByTheProgramThatMadeThat()
      throws IOException, InterruptedException {
    assumeNamespace();
    try (Member member = member(directory, Launch.PLAIN.through(NAMESPACE))) {
      assertTrue(member.awaitReady());
      assertEquals(1, member.jvmPid());

      member.stopJvm();
      member.killJvm();

      assertTrue(member.awaitEnd(60));
      assertTrue(member.wasKilled());
    }
  }

  private static void assumeNamespace() throws IOException, InterruptedException {
    List<String> probe = new ArrayList<>(NAMESPACE);
    probe.add("true");
    assumeTrue(
        Tool.find("unshare").isPresent() && Tool.attempt(probe).status() == 0,
        "needs a PID namespace");
  }

  private static void awaitState(Member member, char state)
      throws IOException, InterruptedException {
    Path stat = Path.of("/proc", Long.toString(member.pid()), "stat");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    String seen;
    do {
      assertTrue(System.nanoTime() < deadline, "does not reach state " + state);
      TimeUnit.MILLISECONDS.sleep(1);
      seen = Files.readString(stat);
    } while (seen.charAt(seen.lastIndexOf(')') + 2) != state);
  }

  private static Member member(Path directory, Launch launch) throws IOException {
    WorkerPlan plan =
        WorkerPlan.of(0, directory.resolve("root").toString(), directory.toString(), 1, Mix.ALL);
    return new Member(plan, launch, line -> {});
  }

  /** What runs in the PID namespace. */
  static final class Namespace {
    private Namespace() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
      Process bystander = new ProcessBuilder("sleep", "600").start();
      try (Member member = member(Path.of(arguments[0]), Launch.PLAIN.through(List.of("true")))) {
        if (member.awaitReady() || !member.awaitEnd(60)) {
          System.out.println("not as it was meant: " + member.epitaph());
          return;
        }
        member.killJvm();
        member.stopJvm();
        member.continueJvm();
        System.out.println(
            bystander.waitFor(100, TimeUnit.MILLISECONDS)
                ? "a bystander died, status " + bystander.exitValue()
                : UNHARMED);
      }
    }
  }
}
