package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.cli.Main;
import io.warmstart.index.ForkedJvm;
import io.warmstart.io.InMemory;
import io.warmstart.model.Fingerprint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line of an ordinary user, to whom something of his root is closed. */
@Tag("slow")
@Tag("once")
class UnreadableKeyCommandTest {
  @TempDir(factory = InMemory.class)
  static Path folder;

  private static OtherUser user;

  private final Fingerprint key = Payloads.key("of the user");
  private Path root;
  private Path directory;

  @BeforeAll
  static void becomeAnother() throws Exception {
    user = OtherUser.in(folder);
  }

  @BeforeEach
  void save() throws Exception {
    root = user.makeHome().resolve("root");
    directory = root.resolve(key.toHex());
    try (ForkedJvm process = user.start(UserChild.class, "everything", root.toString())) {
      process.awaitLine("done");
    }
  }

  private static void close(Path path) throws Exception {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
  }

  /** The rest of the first line that begins like this. */
  private String said(String line, String... command) throws Exception {
    try (ForkedJvm process = user.start(Main.class, command)) {
      return process.awaitLine(line);
    }
  }

  /** They said that the permission was denied, and nothing else. */
  @Test
  void aKeyThatCannotBeListedIsCountedByWhatLooksAtAll() throws Exception {
    close(directory);

    String listed = said("{\"keys\":", "ls", root.toString(), "--json");
    assertTrue(
        listed.startsWith(
            "[{\"key\":\"" + key.toHex() + "\",\"failure\":\"permission denied\",\"entries\":0,"),
        listed);
    assertTrue(listed.contains("\"unreadable_keys\":1,"), listed);
    assertEquals(
        "not be listed; verify says what to do", said("1 key could", "ls", root.toString()));
    assertEquals(
        "1 key could not be listed; verify says why", said("unreadable", "stat", root.toString()));
    String counted = said("{\"root\":", "stat", root.toString(), "--json");
    assertTrue(counted.contains("\"keys\":1,\"unreadable_keys\":1,"), counted);
  }

  /** Once it was said to be its path that kept it from being read. */
  @Test
  void aManifestThatCannotBeReadIsNamedWithTheReason() throws Exception {
    Path manifest = directory.resolve(UserChild.RUN + ".json");
    Files.setPosixFilePermissions(
        directory.resolve(UserChild.RUN + ".bin"), PosixFilePermissions.fromString("r--------"));
    close(manifest);

    String explained = said("{\"key\":", "explain", root.toString(), key.toHex(), "--json");
    assertTrue(
        explained.contains("manifest cannot be read: permission denied file=" + manifest),
        explained);
    assertEquals(manifest.toString(), said("  file", "verify", root.toString()).strip());
  }
}
