package io.warmstart.index;

import io.warmstart.index.table.IndexMapper;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.process.ControlFile;
import io.warmstart.process.ControlFileOpener;
import io.warmstart.process.LockFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A process of a build that lays coordination file and index out differently, at work on a root.
 */
public final class OtherBuild {
  private OtherBuild() {}

  /** Makes its files, holds a row, says so, and stays. */
  public static void main(String[] args) throws Exception {
    Path directory = Files.createDirectories(Path.of(args[0]).resolve(".warmstart"));
    FileChannel locks =
        FileChannel.open(
            directory.resolve(LockFile.NAME),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    FileLock row = locks.lock(LockFile.rowByte(5), 1, false);
    Files.write(directory.resolve(ControlFileOpener.NAME), controlFile());
    Files.write(directory.resolve(IndexMapper.NAME), new byte[IndexLayout.fileLength(0)]);
    System.out.println("holds " + row.isValid());
    ForkedJvm.untilKilled();
  }

  private static byte[] controlFile() {
    ByteBuffer file = ByteBuffer.allocate(ControlLayout.FILE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    long version = ControlFile.versionWord(IndexLayout.layout() + 1);
    file.putLong(ControlLayout.MAGIC_OFFSET, ControlLayout.MAGIC);
    file.putLong(ControlLayout.VERSION_OFFSET, version);
    file.putLong(ControlLayout.BOOT_OFFSET, IndexRoot.BOOT);
    file.putLong(ControlLayout.CHECK_OFFSET, ControlFile.check(version, IndexRoot.BOOT));
    return file.array();
  }
}
