package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.Key;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one writes oneself: a file for each key. A save writes a temporary file, syncs it, renames
 * it, and syncs the directory; a lookup reads the file into a buffer that the thread uses again. No
 * checksum, no choice among entries, no eviction.
 */
final class PlainFilesPeer implements Peer {
  private static final long PID = ProcessHandle.current().pid();

  private final Path root;
  private final FileChannel directory;
  private final AtomicLong temporaries = new AtomicLong();

  PlainFilesPeer(Path root) throws IOException {
    this.root = root;
    this.directory = FileChannel.open(root, StandardOpenOption.READ);
  }

  @Override
  public void save(Key key, long number, byte[] payload) throws IOException {
    write(root.resolve(key.hex() + "-" + number), payload);
  }

  @Override
  public void overwrite(Key key, long number, byte[] payload) throws IOException {
    write(root.resolve(key.hex()), payload);
  }

  private void write(Path file, byte[] payload) throws IOException {
    Path temporary = root.resolve("temporary-" + PID + "-" + temporaries.incrementAndGet());
    try (FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer source = ByteBuffer.wrap(payload);
      while (source.hasRemaining()) {
        channel.write(source);
      }
      channel.force(false);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    directory.force(true);
  }

  @Override
  public Reader reader() {
    return new FileReader(root);
  }

  @Override
  public void close() throws IOException {
    directory.close();
  }

  private static final class FileReader implements Reader {
    private final Path root;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 12);

    FileReader(Path root) {
      this.root = root;
    }

    private boolean read(Key key) throws IOException {
      try (FileChannel channel =
          FileChannel.open(root.resolve(key.hex()), StandardOpenOption.READ)) {
        int length = Math.toIntExact(channel.size());
        if (length > buffer.capacity()) {
          buffer = ByteBuffer.allocateDirect(length);
        }
        buffer.clear().limit(length);
        while (buffer.hasRemaining()) {
          if (channel.read(buffer) < 0) {
            throw new IOException("file shrank while it was read: key=" + key.hex());
          }
        }
        buffer.flip();
        return true;
      } catch (NoSuchFileException e) {
        return false;
      }
    }

    @Override
    public int lastByte(Key key) throws IOException {
      return read(key) ? buffer.get(buffer.limit() - 1) & 0xff : -1;
    }

    @Override
    public int copy(Key key, byte[] target) throws IOException {
      if (!read(key)) {
        return -1;
      }
      int length = buffer.limit();
      buffer.get(0, target, 0, length);
      return length;
    }

    @Override
    public void close() {
      // It holds nothing but memory.
    }
  }
}
