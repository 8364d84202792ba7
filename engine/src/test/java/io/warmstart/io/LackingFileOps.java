package io.warmstart.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * File operations whose listings lack names that are there all the time, as those of btrfs and
 * tmpfs do while somebody renames other files over them. The renames are real: a copy of the file
 * takes its place, so that the directory's times tell of it.
 */
public final class LackingFileOps extends ObservedFileOps {
  private final Path aside;
  private Set<String> lacking = Set.of();
  private int timesLeft;
  private int listings;

  /**
   * Makes operations that lack nothing yet.
   *
   * @param aside an empty directory on the same file system
   */
  public LackingFileOps(FileOps delegate, Path aside) {
    super(delegate);
    this.aside = aside;
  }

  /** From here on so many listings of the directory that has these names lack them. */
  public synchronized void lack(int times, String... names) {
    lacking = Set.of(names);
    timesLeft = times;
    listings = 0;
  }

  /** How many listings have lacked something. */
  public synchronized int lackingListings() {
    return listings;
  }

  @Override
  @SuppressWarnings("unchecked") // What lists gives a list of names.
  protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
      throws IOException {
    T result = whole.run();
    return op.kind() == Kind.LIST ? (T) without(op.path(), (List<String>) result) : result;
  }

  private synchronized List<String> without(Path directory, List<String> names) {
    List<String> left = new ArrayList<>(names);
    if (timesLeft > 0 && left.removeAll(lacking)) {
      timesLeft--;
      listings++;
      names.stream().filter(lacking::contains).forEach(name -> replace(directory.resolve(name)));
    }
    return left;
  }

  private void replace(Path file) {
    try {
      Path copy = aside.resolve(file.getFileName());
      Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
      Files.move(copy, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
