package io.warmstart.journal;

import io.warmstart.io.NioFileOps;
import io.warmstart.model.Digest256;
import io.warmstart.notice.Notices;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A segment, and its owner. */
public abstract class OwnedSegmentFixture {
  public static final Digest256 KEY = Digest256.ofWords(1, 2, 3, 4);
  static final int LENGTH = 1 << 20;
  static final long SALT = 5;
  public static final int PAYLOAD = 300;

  @TempDir Path directory;
  SegmentFiles files;
  FileLock lock;
  Segment segment;
  public CountedSyncs syncs;
  public OwnedSegment owner;
  public long stamp;
  private FileChannel lockFile;

  @BeforeEach
  void open() throws IOException {
    files = new SegmentFiles(new NioFileOps(), directory, new Notices());
    lockFile =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    lock = lockFile.lock();
    segment = Objects.requireNonNull(files.make(0, LENGTH, 1, SALT));
    syncs = new CountedSyncs(files.openForSync(0));
    owner = new OwnedSegment(segment, files, syncs, lock);
  }

  /** Another segment of the same process; for the caller to close. */
  OwnedSegment openAnother() throws IOException {
    return new OwnedSegment(
        Objects.requireNonNull(files.make(1, LENGTH, 1, SALT + LENGTH)),
        files,
        files.openForSync(1),
        lock);
  }

  @AfterEach
  void close() throws IOException {
    owner.file().close();
    lockFile.close();
  }
}
