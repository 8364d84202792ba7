package io.warmstart.stress.cv;

import io.warmstart.stress.cv.work.CrossValidation;
import io.warmstart.stress.cv.work.FitTask;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/**
 * Removes the key directories of one cross-validation. The root itself, the engine's own folder and
 * every other key stay, so processes that work on the root lose nothing but these entries.
 */
final class OwnEntries {
  private OwnEntries() {}

  static void remove(Path root, CrossValidation problem) throws IOException {
    for (int fold = 0; fold < problem.spec().chains(); fold++) {
      for (int penalty = 0; penalty < problem.spec().penalties(); penalty++) {
        remove(root.resolve(problem.key(new FitTask(fold, penalty)).toHex()));
      }
    }
  }

  private static void remove(Path keyDirectory) throws IOException {
    if (!Files.isDirectory(keyDirectory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(keyDirectory)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return;
    }
    Files.deleteIfExists(keyDirectory);
  }
}
