package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process at the limit of its user's threads, where the kernel refuses each new one. */
@Tag("slow")
@Timeout(120)
class OutOfThreadsTest {
  /** Of nobody else's: the limit counts the threads of all processes of a user. */
  private static final String USER = "64217";

  private static final int MOST = 1000;

  @TempDir Path root;

  /**
   * A save threw the error of a thread that it could have gone on without; and the first lookup
   * left classes without their static initialisers, ours and Chronicle's, so that none ever worked
   * again.
   */
  @Test
  void allWorksWithoutAThreadAndTheThreadsComeWhenTheyCan() throws Exception {
    int user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    Assumptions.assumeTrue(user == 0, "the limit counts for ordinary users only: takes root");
    Assumptions.assumeTrue(
        run("setpriv", "--version") && run("prlimit", "--version"), "no setpriv or no prlimit");
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (ForkedJvm child =
        ForkedJvm.command(AtTheLimit.class, root.toString())
            .flag("-XX:TieredStopAtLevel=1")
            .flag("-XX:-UseDynamicNumberOfCompilerThreads")
            // Rights to files stay, as the class path may be this user's alone.
            .through(
                "setpriv",
                "--reuid=" + USER,
                "--regid=" + USER,
                "--clear-groups",
                "--inh-caps=+dac_override",
                "--ambient-caps=+dac_override")
            .start()) {
      String pid = child.awaitLine("pid");
      limitThreads(pid, 1);
      child.tell();
      assertEquals("java.lang.OutOfMemoryError", child.awaitLine("a thread of its own"));
      assertEquals("done", child.awaitLine("open save lookup sweep close"));
      assertEquals("[]", child.awaitLine("threads"));
      assertEquals("1", child.awaitLine("live"));

      limitThreads(pid, MOST);
      child.tell();

      assertEquals("400000", child.awaitLine("bytes"));
      assertEquals("done", child.awaitLine("save lookup"));
      assertEquals(
          "[Cleaner, warmstart-agent, warmstart-clock, warmstart-locks]",
          child.awaitLine("threads"));
    }
  }

  /** As that user, whom the kernel lets set the limits of his own processes. */
  private static void limitThreads(String pid, int most) throws Exception {
    assertTrue(
        run(
            "setpriv",
            "--reuid=" + USER,
            "--regid=" + USER,
            "--clear-groups",
            "prlimit",
            "--pid=" + pid,
            "--nproc=" + most + ":" + MOST));
  }

  private static boolean run(String... command) throws Exception {
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  /** Does everything at the limit first, and once more when it is lifted. */
  static final class AtTheLimit {
    private static final Fingerprint KEY = Payloads.key("at the limit");

    private AtTheLimit() {}

    public static void main(String[] args) throws Exception {
      Path root = Path.of(args[0]);
      System.out.println("pid " + ProcessHandle.current().pid());
      ForkedJvm.awaitParent();
      try {
        new Thread(() -> {}).start();
        System.out.println("a thread of its own starts");
      } catch (OutOfMemoryError e) {
        System.out.println("a thread of its own " + e.getClass().getName());
      }
      try (WarmStartStore store = WarmStartStore.open(root)) {
        use(store);
        store.evictOverflow();
      }
      System.out.println("open save lookup sweep close done");
      WarmStartStore store = WarmStartStore.open(root);
      use(store);
      System.out.println("threads " + threads());
      System.out.println("live " + store.stats().liveProcesses());
      ForkedJvm.awaitParent();
      while (threads().size() < 4) {
        use(store);
      }
      try (Entry entry = store.lookup(KEY).orElseThrow()) {
        System.out.println("bytes " + entry.bytes().capacity());
      }
      System.out.println("save lookup done");
      System.out.println("threads " + threads());
      ForkedJvm.untilKilled();
    }

    private static void use(WarmStartStore store) {
      // One that is copied into memory, and one that is mapped.
      for (int length : new int[] {100, 400_000}) {
        store.saveOverwrite(KEY, "r", new byte[length], EntryAttributes.checkpoint());
        for (int lookup = 0; lookup < 3; lookup++) {
          try (Entry entry = store.lookup(KEY).orElseThrow()) {
            if (entry.payload().capacity() != length) {
              throw new AssertionError("another payload: " + entry.payload().capacity());
            }
          }
        }
      }
    }

    private static Set<String> threads() {
      Set<String> threads = new TreeSet<>();
      for (Thread thread : Thread.getAllStackTraces().keySet()) {
        threads.add(thread.getName().startsWith("Cleaner-") ? "Cleaner" : thread.getName());
      }
      // Those that stay; others come and go with the work.
      threads.retainAll(Set.of("Cleaner", "warmstart-agent", "warmstart-clock", "warmstart-locks"));
      return threads;
    }
  }
}
