package io.warmstart.stress.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.mount.Disks.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
@Timeout(120)
class DisksTest {
  @TempDir Path directory;

  @Test
  void eachNameIsAFileSystemOfItsOwnAndIsGoneAfterwards() throws Exception {
    List<Path> data;
    try (Disks disks = Disks.make(directory, List.of(Disks.HERE, Disks.MEMORY, "ext4"))) {
      List<Disk> made = disks.all();
      data = made.stream().map(Disk::data).toList();
      assertEquals(List.of("here", "memory", "ext4"), made.stream().map(Disk::name).toList());
      assertTrue(made.get(1).facts().startsWith("tmpfs on "), made.get(1).facts());
      assertTrue(made.get(2).facts().startsWith("ext4 on /dev/loop"), made.get(2).facts());
      for (Path each : data) {
        Files.writeString(Files.createDirectory(each.resolve("d")).resolve("f"), "x");
      }
    } catch (SkippedException e) {
      abort(String.valueOf(e.getMessage()));
      return;
    }

    for (Path each : data) {
      assertFalse(Files.exists(each), each.toString());
    }
    assertFalse(mounts().contains(directory.toString()));
  }

  @Test
  void nameThatCannotBeMadeLeavesNoneOfTheOthers() throws Exception {
    assertThrows(
        SkippedException.class, () -> Disks.make(directory, List.of(Disks.HERE, "no-such-type")));

    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
    assertFalse(mounts().contains(directory.toString()));
  }

  private static String mounts() throws IOException {
    return Files.readString(Path.of("/proc/self/mountinfo"));
  }
}
