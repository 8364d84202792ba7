package io.warmstart.io;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/**
 * Whether a root's name still leads to the directory that was opened. It may be moved or deleted
 * while a store has it open, and another directory be given its name: nothing is to be written
 * there, and what cannot be found is no miss. When it is back, all goes on.
 *
 * <p>Asked where names are made or a miss is about to be told, and a few times a second by the
 * housekeeper; never on a hit, nor by a save over what was saved before.
 *
 * <p>Safe for all threads.
 */
public final class RootWatch {
  private final FileOps ops;
  private final Path root;
  private final boolean byIdentity;
  private final FileFacts opened;
  private volatile boolean gone;
  private volatile long lookedAtNanos = System.nanoTime();

  /**
   * Remembers what the name leads to.
   *
   * @param byIdentity whether the file system gives a directory one number for life; if not, any
   *     directory of that name is taken for it
   */
  public RootWatch(FileOps ops, Path root, boolean byIdentity) throws IOException {
    this.ops = ops;
    this.root = root;
    this.byIdentity = byIdentity;
    this.opened = ops.stat(root);
  }

  /** The root, by the path that is watched. */
  public Path root() {
    return root;
  }

  /** Whether it was gone when last looked for. No system call. */
  public boolean isGone() {
    return gone;
  }

  /**
   * Whether it is gone, as somebody has seen within so many nanoseconds; if nobody has, it looks.
   */
  public boolean isGone(long withinNanos) {
    if (System.nanoTime() - lookedAtNanos >= withinNanos) {
      look();
    }
    return gone;
  }

  /** Whether this is the directory that the name led to when it was opened. No system call. */
  public boolean wasOpenedAs(FileFacts facts) {
    return facts.sameFileAs(opened);
  }

  /** Whether another has opened the same directory, by whatever name. No system call. */
  public boolean watchesSameAs(RootWatch other) {
    return opened.sameFileAs(other.opened);
  }

  /** Looks, and remembers. */
  public void look() {
    try {
      require();
    } catch (RootGoneException e) {
      // Remembered, if it is gone.
      return;
    }
  }

  /**
   * Looks. What cannot be asked proves nothing: who goes on meets the error in its own place.
   *
   * @throws RootGoneException if it is gone
   */
  public void require() throws RootGoneException {
    FileFacts facts;
    lookedAtNanos = System.nanoTime();
    try {
      facts = ops.stat(root);
    } catch (NoSuchFileException | NotDirectoryException e) {
      gone = true;
      throw new RootGoneException(root, "nothing");
    } catch (IOException e) {
      return;
    }
    if (!facts.directory() || (byIdentity && !facts.sameFileAs(opened))) {
      gone = true;
      throw new RootGoneException(root, facts.directory() ? "another directory" : "a file");
    }
    gone = false;
  }
}
