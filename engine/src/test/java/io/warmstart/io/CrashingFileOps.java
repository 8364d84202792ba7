package io.warmstart.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes images of a root before each file operation: what a death and what a power cut would leave
 * at that point. The run itself goes on.
 */
public final class CrashingFileOps extends ObservedFileOps {
  private static final Set<String> BACKGROUND =
      Set.of("warmstart-agent", "warmstart-late-close", "warmstart-locks");

  private final JournalledFileOps journal;
  private final boolean reordered;
  private final Map<CrashImage, String> images = new LinkedHashMap<>();
  private final Map<CrashImage, byte[]> controlFile = new LinkedHashMap<>();
  private final Path coordinationFile;
  private boolean armed;
  private int index;

  /**
   * Wraps a model.
   *
   * @param reordered whether a power cut may also keep a later name and lose an earlier one
   */
  public CrashingFileOps(JournalledFileOps journal, Path root, boolean reordered) {
    super(journal);
    this.journal = journal;
    this.reordered = reordered;
    this.coordinationFile = root.resolve(".warmstart").resolve("coordination");
  }

  /** Begins to take images. */
  public synchronized void arm() {
    armed = true;
    index = 0;
    images.clear();
  }

  /** Stops, and forgets the images: what comes now is a crash after the operation has returned. */
  public synchronized void arrive() throws IOException {
    armed = false;
    images.clear();
    controlFile.clear();
    take("after index " + index);
  }

  /** How many operations were seen. */
  public synchronized int operations() {
    return index;
  }

  /** The images, each with where it was taken. */
  public synchronized Map<CrashImage, String> images() {
    return new LinkedHashMap<>(images);
  }

  /** The mapped file as the dead process left it, for the images that a death leaves. */
  public synchronized Map<CrashImage, byte[]> controlFile() {
    return new LinkedHashMap<>(controlFile);
  }

  private void take(String where) throws IOException {
    CrashImage death = journal.afterDeath();
    images.putIfAbsent(death, "death " + where);
    if (Files.exists(coordinationFile)) {
      controlFile.putIfAbsent(death, Files.readAllBytes(coordinationFile));
    }
    for (CrashImage cut : journal.afterPowerCut(reordered)) {
      images.putIfAbsent(cut, "power cut " + where);
    }
  }

  @Override
  protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
      throws IOException {
    String thread = Thread.currentThread().getName();
    // One at a time, so that an image is of one moment.
    synchronized (this) {
      if (armed && !BACKGROUND.contains(thread)) {
        take("before index " + index++ + " = " + op);
      }
      return whole.run();
    }
  }
}
