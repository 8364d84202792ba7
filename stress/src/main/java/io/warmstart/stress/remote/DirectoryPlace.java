package io.warmstart.stress.remote;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory, as machines mount it. */
public final class DirectoryPlace implements RemotePlace {
  private final Path directory;
  private final Path away;

  /** Makes one in a directory. */
  public DirectoryPlace(Path in) throws IOException {
    this.directory = Files.createDirectory(in.resolve("remote"));
    this.away = in.resolve("away");
  }

  @Override
  public String kind() {
    return "a directory";
  }

  @Override
  public URI url() {
    return directory.toUri();
  }

  @Override
  public void takeAway() throws IOException {
    Files.move(directory, away);
  }

  /** Fails if somebody has made the missing mount. */
  @Override
  public void bringBack() throws IOException {
    Files.move(away, directory);
  }

  @Override
  public void close() {
    // It lies among what the run leaves or removes.
  }
}
