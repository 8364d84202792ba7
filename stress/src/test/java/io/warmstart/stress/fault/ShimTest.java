package io.warmstart.stress.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.stress.fork.Lines;
import io.warmstart.stress.fork.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shim under programs of the host: it acts on the chosen call, and on no other. */
@Tag("slow")
@Tag("once")
class ShimTest {
  private static final int KILLED = 128 + 9;

  @TempDir Path directory;

  private final List<String> heard = new ArrayList<>();

  @BeforeEach
  void needCompiler() {
    assumeTrue(Tool.find("cc").isPresent(), "needs a C compiler");
  }

  private int run(FaultPoint point, String... command) throws IOException, InterruptedException {
    heard.clear();
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().putAll(point.environment(Shim.build(directory)));
    return Lines.of(builder, heard::add);
  }

  private FaultPoint point() {
    return FaultPoint.at(directory.resolve("fault-point"));
  }

  @Test
  void chosenCallFailsOnceAndIsNamed() throws IOException, InterruptedException {
    FaultPoint point = point();
    Files.writeString(directory.resolve("old"), "x");
    point.arm(EnumSet.of(Call.MKDIR), directory + "/*", Action.FAIL_ONCE, Errno.ENOSPC, 2);

    int status = run(point, "mkdir", "one", "two", "three");

    assertEquals(1, status);
    assertTrue(heard.toString().contains("No space left on device"), heard.toString());
    assertTrue(Files.exists(directory.resolve("one")));
    assertTrue(Files.notExists(directory.resolve("two")));
    assertTrue(Files.exists(directory.resolve("three")));
    assertEquals(3, point.calls());
    assertEquals(1, point.acted());
    assertEquals(Call.MKDIR, point.actedCall());
    assertTrue(point.actedPath().endsWith("two"), point.actedPath());
  }

  @Test
  void fromThereOnEveryCallFails() throws IOException, InterruptedException {
    FaultPoint point = point();
    point.arm(EnumSet.of(Call.MKDIR), directory + "/*", Action.FAIL_FROM_THERE_ON, Errno.EIO, 2);

    run(point, "mkdir", "one", "two", "three");

    assertTrue(Files.exists(directory.resolve("one")));
    assertTrue(Files.notExists(directory.resolve("two")));
    assertTrue(Files.notExists(directory.resolve("three")));
  }

  @Test
  void otherPathsAndOtherCallsAreLeftAlone() throws IOException, InterruptedException {
    FaultPoint point = point();
    point.arm(EnumSet.of(Call.MKDIR), directory + "/elsewhere/*", Action.FAIL_ONCE, Errno.EIO, 1);
    assertEquals(0, run(point, "mkdir", "one"));
    point.arm(EnumSet.of(Call.RMDIR), directory + "/*", Action.FAIL_ONCE, Errno.EIO, 1);
    assertEquals(0, run(point, "mkdir", "two"));
    assertEquals(0, point.acted());
  }

  @Test
  void processDiesBeforeTheCallOrAfterIt() throws IOException, InterruptedException {
    FaultPoint point = point();
    point.arm(EnumSet.of(Call.MKDIR), directory + "/*", Action.DIE_BEFORE, Errno.EIO, 1);
    assertEquals(KILLED, run(point, "mkdir", "before"));
    point.arm(EnumSet.of(Call.MKDIR), directory + "/*", Action.DIE_AFTER, Errno.EIO, 1);
    assertEquals(KILLED, run(point, "mkdir", "after"));

    assertTrue(Files.notExists(directory.resolve("before")));
    assertTrue(Files.exists(directory.resolve("after")));
  }

  @Test
  void disarmedItDoesNothing() throws IOException, InterruptedException {
    FaultPoint point = point();
    point.arm(EnumSet.of(Call.MKDIR), directory + "/*", Action.FAIL_ONCE, Errno.EIO, 1);
    point.disarm();

    assertEquals(0, run(point, "mkdir", "one"));
  }
}
