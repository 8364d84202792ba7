package io.warmstart.jmh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class MainTest {
  private static final List<String> FLAGS = List.of("--one", "--two");

  @Test
  void flagsAreThoseOfTheOneFile() throws Exception {
    Path file = Path.of(System.getProperty("warmstart.test.jvmflags"));

    assertEquals(Files.readAllLines(file), Main.storeFlags());
  }

  @Test
  void argumentsGetTheDefaults() {
    assertArrayEquals(
        new String[] {"Save", "-jvmArgsPrepend", "--one --two", "-foe", "true"},
        Main.withDefaults(new String[] {"Save"}, FLAGS));
  }

  @Test
  void givenArgumentsWinOverTheDefaultsButForksKeepTheFlags() {
    assertArrayEquals(
        new String[] {"-foe", "false", "-jvmArgsPrepend", "--one --two -Xint"},
        Main.withDefaults(new String[] {"-foe", "false", "-jvmArgsPrepend", "-Xint"}, FLAGS));
  }
}
