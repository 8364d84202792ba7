package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.FileSystemKind;
import io.warmstart.io.ProcessUser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The JDK names the lower mount where one lies over another: a network file system over a local one
 * passed for local. Real mounts in a namespace of their own; procfs plays the one that is not known
 * to be local, because it needs no server.
 */
@Tag("slow")
class MountsOverMountsTest {
  private static final String MOUNTS =
      """
      set -e
      cd "$1"; shift
      mkdir foreign local hidden 'with space' bound plain
      mount -t tmpfs none foreign; mount -t proc none foreign
      mount -t proc none local; mount -t tmpfs none local
      mkdir hidden/sys; mount -t tmpfs none hidden/sys; mount -t proc none hidden
      mount -t tmpfs none 'with space'; mount -t proc none 'with space'
      mount --bind foreign bound
      ln -s foreign/sys link
      mount -t tmpfs none plain
      exec "$@"
      """;

  @TempDir Path work;

  /**
   * Prints the kind of each path of its arguments, with what a path may not contain for a space.
   */
  public static void main(String[] paths) throws IOException {
    for (String path : paths) {
      System.out.println(path + " " + FileSystemKind.of(Path.of(path.replace('_', ' '))));
    }
  }

  @Test
  void theUppermostMountDecidesWhetherOtherMachinesMayWrite() throws Exception {
    assumeTrue(ProcessUser.id() == 0, "only root can mount");
    assumeTrue(canUnshare(), "no mount namespace can be made here");
    String[] paths = {
      "foreign", "local", "hidden/sys", "with_space", "bound", "link", "plain", "none"
    };
    try (ForkedJvm child =
        ForkedJvm.command(MountsOverMountsTest.class, paths)
            .through("unshare", "--mount", "bash", "-c", MOUNTS, "bash", work.toString())
            .start()) {
      assertEquals("UNKNOWN", child.awaitLine("foreign"));
      assertEquals("LOCAL", child.awaitLine("local"));
      assertEquals("UNKNOWN", child.awaitLine("hidden/sys"));
      assertEquals("UNKNOWN", child.awaitLine("with_space"));
      assertEquals("UNKNOWN", child.awaitLine("bound"));
      assertEquals("UNKNOWN", child.awaitLine("link"));
      assertEquals("LOCAL", child.awaitLine("plain"));
      assertEquals("UNKNOWN", child.awaitLine("none"));
    }
  }

  private static boolean canUnshare() throws Exception {
    Process process =
        new ProcessBuilder("unshare", "--mount", "true")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }
}
