package io.warmstart.stress.syscall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.stress.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Tag("slow")
@Tag("once")
@Timeout(300)
class SyscallsTest {
  private static final int SKIPPED = 4;

  @Test
  void callsOfTheMarkingThreadBetweenTheMarksAreCountedOnce() throws IOException {
    StraceLog log =
        StraceLog.parse(
            """
            7  fsync(9)                          = 0
            7  access("/warmstart-count-begins", F_OK) = -1 ENOENT
            7  fsync(9 <unfinished ...>
            8  futex(0x1, FUTEX_WAIT) = 0
            7  <... fsync resumed>)              = 0
            7  rename("a", "b")                  = 0
            7  --- SIGSEGV {si_signo=SIGSEGV} ---
            7  fsync(9)                          = 0
            7  access("/warmstart-count-ends", F_OK) = -1 ENOENT
            7  unlink("a")                       = 0
            """
                .lines(),
            StraceLog.Marks.OVERWRITES);

    assertEquals(Map.of("fsync", 2L, "rename", 1L), log.own());
    assertEquals(Map.of("futex", 1L), log.others());
  }

  @Test
  void logWithoutItsMarksCountsNothing() {
    assertThrows(
        IOException.class,
        () ->
            StraceLog.parse(
                "7  access(\"/warmstart-count-begins\", F_OK) = 0".lines(),
                StraceLog.Marks.OVERWRITES));
  }

  /** The port's protocol has three syncs; a count that finds another number is no count. */
  @Test
  void portIsCountedWithItsThreeSyncs(@TempDir Path directory) {
    StringWriter text = new StringWriter();
    CommandLine line = Main.commandLine().setOut(new PrintWriter(text, true));

    int status =
        line.execute(
            "syscalls",
            "--overwrites",
            "20",
            "--warmups",
            "20",
            "--hits",
            "1000",
            "--root",
            directory.toString());

    assumeTrue(status != SKIPPED, text::toString);
    assertEquals(0, status, text::toString);
    String syncs =
        text.toString().lines().filter(each -> each.startsWith("fsync")).findFirst().orElse("");
    assertTrue(syncs.endsWith(" 3.00"), text::toString);
  }
}
