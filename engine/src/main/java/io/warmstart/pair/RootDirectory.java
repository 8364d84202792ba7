package io.warmstart.pair;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A root on disk: which keys have a directory, and where it lies.
 *
 * @param path the root, by its real path
 */
public record RootDirectory(FileOps ops, Path path) {
  /** The directory of a key, whether it is there or not. */
  public KeyDirectory directory(Digest256 key) {
    return new KeyDirectory(path, key);
  }

  /** Whether machines work on the root that share neither locks nor memory with this one. */
  public boolean besideOtherMachines() {
    return ops.rereads().shared();
  }

  /** The keys of all key directories, sorted. */
  public List<Digest256> keys() throws IOException {
    List<String> names = new ArrayList<>(ops.list(path));
    names.removeIf(name -> !DirectoryNames.isKeyDirectory(name));
    names.sort(null);
    return names.stream().map(Digest256::fromHex).toList();
  }
}
