package io.warmstart;

import io.warmstart.remote.store.FileObjectStore;
import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory, as machines mount it. */
final class DirectoryPlace implements RemotePlace {
  private final Path directory;
  private final Path away;

  DirectoryPlace(Path work) throws IOException {
    directory = Files.createDirectory(work.resolve("remote"));
    away = work.resolve("away");
  }

  @Override
  public URI url() {
    return directory.toUri();
  }

  @Override
  public ObjectStore objects() {
    return new FileObjectStore(directory);
  }

  @Override
  public void takeAway() throws IOException {
    Files.move(directory, away);
  }

  @Override
  public String toldThen() {
    return "not there";
  }

  /** Fails if the missing mount was made. */
  @Override
  public void bringBack() throws IOException {
    Files.move(away, directory);
  }

  @Override
  public void close() {}
}
