package io.warmstart.index;

import io.warmstart.mapped.CoordinationLayout;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.process.Coordination;
import io.warmstart.process.CoordinationFile;
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
    Path directory = Files.createDirectory(Path.of(args[0]).resolve(".warmstart"));
    FileChannel locks =
        FileChannel.open(
            Files.createFile(directory.resolve(LockFile.NAME)),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    FileLock row = locks.lock(LockFile.rowByte(5), 1, false);
    Files.write(directory.resolve(CoordinationFile.NAME), coordination());
    Files.write(directory.resolve(IndexMapper.NAME), new byte[IndexLayout.fileLength(0)]);
    System.out.println("holds " + row.isValid());
    ForkedJvm.untilKilled();
  }

  private static byte[] coordination() {
    ByteBuffer file =
        ByteBuffer.allocate(CoordinationLayout.FILE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    long version = Coordination.versionWord(IndexLayout.layout() + 1);
    file.putLong(CoordinationLayout.MAGIC_OFFSET, CoordinationLayout.MAGIC);
    file.putLong(CoordinationLayout.VERSION_OFFSET, version);
    file.putLong(CoordinationLayout.BOOT_OFFSET, IndexRoot.BOOT);
    file.putLong(CoordinationLayout.CHECK_OFFSET, Coordination.check(version, IndexRoot.BOOT));
    return file.array();
  }
}
