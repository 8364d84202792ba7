package io.warmstart.pair;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Keeps apart what a file system takes for one name: exFAT and vfat, and directories of ext4 and
 * f2fs with {@code casefold}, do not tell upper from lower case. There a save of {@code Run} would
 * replace the files of {@code run}, and one of two entries be gone without a word.
 *
 * <p>Whether that is so here is asked once, by the first save's key directory: whether it is there
 * by its name in upper case too. File identities would not tell, since some file systems give each
 * spelling another. Where it is not so, nothing is asked ever after. Key directories are as the
 * root is: they are made in it, and inherit.
 *
 * <p>Safe for all threads.
 */
public final class CaseFolding {
  private final FileOps ops;
  private final Path root;
  private volatile @Nullable Boolean folds;

  public CaseFolding(FileOps ops, Path root) {
    this.ops = ops;
    this.root = root;
  }

  /**
   * Whether names that differ in case only are one name here.
   *
   * @param directory a key directory that exists
   */
  private boolean folds(KeyDirectory directory) throws IOException {
    Boolean known = folds;
    if (known == null) {
      String name = directory.key().toHex();
      String otherwise = name.toUpperCase(Locale.ROOT);
      known =
          ops.statOrNull(root.resolve(otherwise)) != null
              && !ops.list(root).containsAll(List.of(name, otherwise));
      folds = known;
    }
    return known;
  }

  /** Whether it is known that names which differ in case only are two names. */
  public boolean tellsCase() {
    return Boolean.FALSE.equals(folds);
  }

  /**
   * Refuses a key directory that is spelled in another way, by a person or another system: a save
   * would find it, and no sweep, which knows keys by their names alone.
   *
   * @param directory one that exists
   * @throws FileSystemException if it is
   */
  public void requireOwnName(KeyDirectory directory) throws IOException {
    if (!folds(directory)) {
      return;
    }
    String name = directory.path().getFileName().toString();
    String spelled = otherSpelling(ops.list(root), name);
    if (spelled != null) {
      throw new FileSystemException(
          directory.path().toString(),
          null,
          "is no key's directory as it is spelled: expected=" + name + " actual=" + spelled);
    }
  }

  /**
   * Refuses a run whose files would replace another's. To be asked under the key's lock.
   *
   * @param directory one that exists
   * @throws FileSystemException if it is
   */
  public void requireOwnName(KeyDirectory directory, String runId) throws IOException {
    if (!folds(directory)) {
      return;
    }
    List<String> names = ops.list(directory.path());
    for (String own :
        List.of(DirectoryNames.manifestName(runId), DirectoryNames.payloadName(runId))) {
      String other = otherSpelling(names, own);
      // Looked for by its own name too: a directory that was moved here may tell them apart.
      if (other != null && ops.statOrNull(directory.path().resolve(own)) != null) {
        throw new FileSystemException(
            directory.path().toString(),
            null,
            "the file system does not tell upper from lower case, and another run has the name:"
                + " run="
                + runId
                + " other="
                + other.substring(0, runId.length()));
      }
    }
  }

  private static @Nullable String otherSpelling(List<String> names, String name) {
    if (names.contains(name)) {
      return null;
    }
    for (String each : names) {
      if (each.equalsIgnoreCase(name)) {
        return each;
      }
    }
    return null;
  }
}
