package io.warmstart.stress.original;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/** The file operations of the original store, which ignores the failure of many. */
final class Disk {
  private Disk() {}

  /** What its caches compare: a length and a modification time. */
  record Version(long length, FileTime mtime) {}

  /** The version of a file or directory; null if it cannot be had. */
  static @Nullable Version version(Path path) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return new Version(attributes.size(), attributes.lastModifiedTime());
    } catch (IOException e) {
      return null;
    }
  }

  /** Writes a file and syncs it, one failing like the other. */
  static void writeSynced(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel = create(file, bytes)) {
      channel.force(true);
    }
  }

  /** Writes a file and syncs it; a sync that fails passes for one that did not. */
  static void writeHopingSynced(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel = create(file, bytes)) {
      syncHoping(channel);
    }
  }

  private static FileChannel create(Path file, byte[] bytes) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    try {
      ByteBuffer source = ByteBuffer.wrap(bytes);
      while (source.hasRemaining()) {
        channel.write(source);
      }
      return channel;
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  /** Syncs the names in a directory, or does not. */
  static void syncDirectoryHoping(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      syncHoping(channel);
    } catch (IOException e) {
      // Ignored there, so ignored here.
      return;
    }
  }

  private static void syncHoping(FileChannel channel) {
    try {
      channel.force(true);
    } catch (IOException e) {
      // Ignored there, so ignored here.
      return;
    }
  }

  static void rename(Path source, Path target) throws IOException {
    Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes a file if that can be done, and says whether this call removed it. */
  static boolean removeHoping(Path file) {
    try {
      return Files.deleteIfExists(file);
    } catch (IOException e) {
      // Ignored there, so ignored here.
      return false;
    }
  }
}
