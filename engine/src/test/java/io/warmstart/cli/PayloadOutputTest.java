package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where {@code lookup --out} writes to. */
class PayloadOutputTest extends SavedPayload {
  @Test
  void aPayloadOnStandardOutputIsAloneThere() {
    save();

    CommandRun text = CommandRun.of("lookup", root, KEY, "--out", "-");
    CommandRun json = CommandRun.of("lookup", root, KEY, "--out", "-", "--json");

    assertArrayEquals(PAYLOAD, text.outBytes());
    assertTrue(text.err().contains("payload to  standard output\n"), text.err());
    assertArrayEquals(PAYLOAD, json.outBytes());
    assertTrue(CommandRun.parse(json.err()).get("hit").asBoolean());
  }

  @Test
  void aPayloadGoesToAFileWholeAndNothingElseIsLeft() throws IOException {
    save();
    Path out = directory.resolve("out").resolve("model.bin");
    Files.createDirectory(out.getParent());

    assertEquals(out.toString(), lookup("--out", out).get("out").asText());

    assertArrayEquals(PAYLOAD, Files.readAllBytes(out));
    try (Stream<Path> files = Files.list(out.getParent())) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void anExistingFileKeepsItsPermissionsAndALinkStaysOne() throws IOException {
    save();
    Path target = Files.writeString(directory.resolve("target"), "a longer payload than the new");
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r-----"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);

    lookup("--out", link);

    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS));
    assertArrayEquals(PAYLOAD, Files.readAllBytes(target));
    assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
  }

  /** What is written first had a longer name. */
  @Test
  void anOutputMayHaveTheLongestNameThereIs() throws IOException {
    save();
    Path out = directory.resolve("x".repeat(255));

    lookup("--out", out);

    assertArrayEquals(PAYLOAD, Files.readAllBytes(out));
  }

  @Test
  void aDeviceIsWrittenToAndNotReplaced() {
    save();

    lookup("--out", "/dev/null");

    assertFalse(Files.isRegularFile(Path.of("/dev/null")));
    CommandRun.of("lookup", root, KEY, "--out", "/dev/full")
        .expectFailure(ExitCodes.ERROR, "/dev/full", "No space left on device");
  }
}
