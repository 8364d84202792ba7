package io.warmstart.stress.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.frame.SkippedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A power cut while somebody has a copy of the mount. A run of power cuts once ended with EIO from
 * a disk that was just mounted: a process in a mount namespace of its own, started meanwhile, had
 * kept the file system that was shut down, and with it its loop device; mounting the image again
 * found both.
 */
@Tag("slow")
@Timeout(120)
class LoopDiskTest {
  @TempDir Path directory;

  @BeforeEach
  void needNamespacesAndDisk() throws IOException, InterruptedException {
    try {
      LoopDisk.need("ext4");
      Tool.need("unshare", "nsenter");
    } catch (SkippedException e) {
      abort(String.valueOf(e.getMessage()));
    }
    assumeTrue(
        Tool.attempt(List.of("unshare", "--mount", "true")).status() == 0,
        "this host makes no mount namespaces");
  }

  private LoopDisk disk() throws IOException, InterruptedException {
    try {
      return LoopDisk.make(directory, "ext4", 16);
    } catch (SkippedException e) {
      return abort(String.valueOf(e.getMessage()));
    }
  }

  /** Has a copy of the mount once it is returned. */
  private static Process holder(String script) throws IOException {
    Process process =
        new ProcessBuilder("unshare", "--mount", "sh", "-c", script + "echo ready; exec sleep 600")
            .redirectErrorStream(true)
            .start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    assertEquals("ready", lines.readLine());
    return process;
  }

  @Test
  void diskThatIsMountedInAnotherNamespaceTooComesBackAfterTheCut()
      throws IOException, InterruptedException {
    try (LoopDisk disk = disk()) {
      Process holder = holder("");
      try {
        disk.cut(0);
        disk.unmount();
        disk.mount();

        Files.writeString(disk.path().resolve("after"), "the cut");
        assertTrue(holder.isAlive());
      } finally {
        holder.destroyForcibly();
      }
    }
  }

  @Test
  void diskThatIsBusyInAnotherNamespaceIsWaitedFor() throws IOException, InterruptedException {
    try (LoopDisk disk = disk()) {
      Process holder = holder("cd " + disk.path() + "; (sleep 2; kill $$) >&- 2>&- & ");
      try {
        disk.cut(0);
        disk.unmount();
        disk.mount();

        Files.writeString(disk.path().resolve("after"), "the cut");
        assertEquals(128 + 15, holder.waitFor());
      } finally {
        holder.destroyForcibly();
      }
    }
  }
}
