package io.warmstart.stress.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.stress.fork.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SourceTreeTest {
  private static final String OWN_FILE = "stress/src/main/java/io/warmstart/stress/Main.java";

  /** 2020-01-01 in UTC. */
  private static final long COMMITTED_SECONDS = 1_577_836_800L;

  private static final long BUILT_MILLIS = 1000 * (COMMITTED_SECONDS + 60);

  @TempDir Path directory;

  @BeforeEach
  void needGit() {
    assumeTrue(Tool.find("git").isPresent(), "needs the program git");
  }

  @Test
  void commitIsTheOneBuiltFromAndChangesAreSaid() throws Exception {
    repository(OWN_FILE);
    String hash = git("log", "-1", "--format=%H");

    assertEquals(Optional.of(hash.substring(0, 12)), commit());
    Files.writeString(directory.resolve("README.md"), "not built");
    assertEquals(Optional.of(hash.substring(0, 12)), commit());
    commitAll(COMMITTED_SECONDS + 3600);
    assertEquals(Optional.of(hash.substring(0, 12)), commit(), "docs alone, after the build");
    Files.writeString(directory.resolve(OWN_FILE), "changed");
    assertEquals(Optional.of(hash.substring(0, 12) + " with changes"), commit());
  }

  @Test
  void somebodyElsesRepositoryIsNotOurs() throws Exception {
    repository("stress/Main.java");

    assertEquals(Optional.empty(), commit());
  }

  @Test
  void commitAfterTheBuildSaysNothingOfIt() throws Exception {
    repository(OWN_FILE);

    assertEquals(
        Optional.empty(),
        SourceTree.commit(directory.resolve("stress"), 1000 * (COMMITTED_SECONDS - 60)));
  }

  @Test
  void outsideARepositoryNothingIsKnown() throws Exception {
    Files.createDirectories(directory.resolve("stress"));

    assertEquals(Optional.empty(), commit());
  }

  private Optional<String> commit() throws IOException, InterruptedException {
    return SourceTree.commit(directory.resolve("stress"), BUILT_MILLIS);
  }

  private void repository(String file) throws IOException, InterruptedException {
    Path path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, "first");
    git("init", "--quiet");
    commitAll(COMMITTED_SECONDS);
    assertTrue(Files.isDirectory(directory.resolve(".git")));
  }

  private void commitAll(long seconds) throws IOException, InterruptedException {
    git("add", ".");
    ProcessBuilder builder =
        new ProcessBuilder(
            "git",
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "commit",
            "-q",
            "-m",
            "t");
    builder.environment().put("GIT_COMMITTER_DATE", seconds + " +0000");
    assertEquals(0, builder.directory(directory.toFile()).inheritIO().start().waitFor());
  }

  private String git(String... arguments) throws IOException, InterruptedException {
    String[] command = new String[arguments.length + 3];
    command[0] = "git";
    command[1] = "-C";
    command[2] = directory.toString();
    System.arraycopy(arguments, 0, command, 3, arguments.length);
    return Tool.run(command);
  }
}
