package io.warmstart.stress.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.warmstart.stress.frame.SkippedException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The header of the benchmarks once said "ext4", and the ext4 had no journal. */
class FileSystemFactsTest {
  @TempDir Path directory;

  @Test
  void ofTwoMountsAtOnePlaceTheLastMadeCounts() {
    MountTable table =
        MountTable.parse(
            """
            21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
            33 21 0:30 / /data/a\\040b rw,nosuid - tmpfs lower rw,size=64k
            34 33 0:31 / /data/a\\040b rw,noexec - ramfs upper rw
            """);

    MountTable.Mount upper = table.of(Path.of("/data/a b/root")).orElseThrow();

    assertEquals("ramfs", upper.type());
    assertEquals("upper", upper.source());
    assertEquals("rw,noexec,rw", upper.options());
    assertEquals("254:0", table.of(Path.of("/data/a")).orElseThrow().device());
  }

  @Test
  void extIsDescribedByItsFeaturesAndSizes() {
    assertEquals(
        "filesystem features has_journal ext_attr extent 64bit, block size 4096, inode size 256,"
            + " total journal size 64M",
        FileSystemFacts.ofDumpe2fs(
            """
            dumpe2fs 1.47.0 (5-Feb-2023)
            Filesystem volume name:   <none>
            Filesystem features:      has_journal ext_attr extent 64bit
            Block size:               4096
            Inode size:\t          256
            Total journal size:       64M
            """));
  }

  @Test
  void extWithoutAJournalIsToldFromOneWith() throws Exception {
    String with = onDisk();
    String without = onDisk("-O", "^has_journal");

    assertTrue(with.startsWith("ext4 on /dev/loop"), with);
    assertTrue(with.contains("with a journal"), with);
    assertTrue(with.contains("a file on ["), with);
    assertTrue(without.contains("NO JOURNAL"), without);
  }

  private String onDisk(String... mkfsOptions) throws IOException, InterruptedException {
    try {
      LoopDisk.need("ext4");
      try (LoopDisk disk = LoopDisk.make(directory, "ext4", 16, mkfsOptions)) {
        return FileSystemFacts.describe(disk.path());
      }
    } catch (SkippedException e) {
      return abort(String.valueOf(e.getMessage()));
    }
  }

  @Test
  void xfsIsDescribedByItsLogBlocksAndReflinks() {
    assertEquals(
        "internal log of 64M, block size 4096, crc=1 rmapbt=1 reflink=1",
        FileSystemFacts.ofXfsInfo(
            """
            meta-data=/dev/loop0             isize=512    agcount=4, agsize=262144 blks
                     =                       crc=1        finobt=1, sparse=1, rmapbt=1
                     =                       reflink=1    bigtime=1 inobtcount=1 nrext64=0
            data     =                       bsize=4096   blocks=1048576, imaxpct=25
            naming   =version 2              bsize=4096   ascii-ci=0, ftype=1
            log      =internal log           bsize=4096   blocks=16384, version=2
            """));
  }

  @Test
  void directoryOfThisHostIsDescribed() throws Exception {
    String facts = FileSystemFacts.describe(directory);

    assertTrue(facts.contains(" on ") && facts.contains(", mounted "), facts);
  }
}
