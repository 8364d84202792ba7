package io.warmstart.stress.report;

import io.warmstart.stress.fork.Tool;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The commit that this program was built from, as far as the place where it lies tells: the last
 * one that changed its sources, and not the newest of all, which may be about docs and tests alone.
 */
public final class SourceTree {
  /** What a repository has to hold to be ours: the jar may lie in somebody else's. */
  private static final String OWN_FILE = ":/stress/src/main/java/io/warmstart/stress/Main.java";

  /** What follows the commit where sources differ from it. */
  public static final String WITH_CHANGES = " with changes";

  /** What this program is made of. */
  private static final List<String> SOURCES =
      List.of("--", ":/engine/src/main", ":/stress/src/main");

  private SourceTree() {}

  /**
   * The commit that changed the program's sources last, short, with a word if sources differ from
   * it; empty where the program does not lie in its own repository, was built before that commit,
   * or git is missing or refuses.
   */
  public static Optional<String> commit() throws IOException, InterruptedException {
    Path program = program();
    Path directory = program == null ? null : program.getParent();
    if (directory == null || Tool.find("git").isEmpty()) {
      return Optional.empty();
    }
    return commit(directory, Files.getLastModifiedTime(program).toMillis());
  }

  static Optional<String> commit(Path directory, long builtMillis)
      throws IOException, InterruptedException {
    if (git(directory, List.of(OWN_FILE), "ls-files").isEmpty()) {
      return Optional.empty();
    }
    String[] newest =
        git(directory, SOURCES, "log", "-1", "--abbrev=12", "--format=%h %ct").split(" ", -1);
    if (newest.length != 2 || builtMillis < 1000 * Long.parseLong(newest[1])) {
      return Optional.empty();
    }
    boolean changed = !git(directory, SOURCES, "status", "--porcelain").isEmpty();
    return Optional.of(newest[0] + (changed ? WITH_CHANGES : ""));
  }

  private static @Nullable Path program() throws IOException {
    CodeSource source = SourceTree.class.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      return null;
    }
    try {
      return Path.of(source.getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException("where this program lies is no URI: " + source.getLocation(), e);
    }
  }

  // No output where git refuses: outside a repository, or in one that another user owns.
  private static String git(Path directory, List<String> paths, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("git", "-C", directory.toString()));
    command.addAll(List.of(arguments));
    command.addAll(paths);
    Tool.Outcome outcome = Tool.attempt(command);
    return outcome.status() == 0 ? outcome.output() : "";
  }
}
