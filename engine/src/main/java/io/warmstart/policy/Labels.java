package io.warmstart.policy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.LabelsCodec;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.RenamedFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What people call keys: {@code .warmstart/labels}, in which each key that has labels has a file of
 * its name. They say nothing to the engine. Safe for all threads; who changes those of a key holds
 * its lock.
 */
public final class Labels {
  private static final System.Logger LOG = System.getLogger("io.warmstart");
  private static final String NAME = "labels";

  private final FileOps ops;
  private final ChangeAges ages;
  private final List<Path> directories;

  public Labels(FileOps ops, Path root, ChangeAges ages) {
    this.ops = ops;
    this.ages = ages;
    Path engine = root.resolve(DirectoryNames.ENGINE_DIRECTORY);
    this.directories = List.of(root, engine, engine.resolve(NAME));
  }

  private RenamedFile file(Digest256 key) {
    return new RenamedFile(ops, ages, directories, key.toHex());
  }

  /** Those of a key; none where the file is not what it should be, which is told. */
  public SortedMap<String, String> of(Digest256 key) throws IOException {
    RenamedFile file = file(key);
    try {
      byte[] bytes = file.read(LabelsCodec.MAX_BYTES);
      SortedMap<String, String> labels =
          bytes.length > LabelsCodec.MAX_BYTES ? null : LabelsCodec.decode(bytes);
      if (labels != null) {
        return labels;
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "labels cannot be read, and count as none: file=" + file.path());
    } catch (NoSuchFileException e) {
      // The usual case.
    }
    return new TreeMap<>();
  }

  /** Makes these the labels of a key, durably; none removes the file. */
  public void replace(Digest256 key, SortedMap<String, String> labels) throws IOException {
    if (labels.isEmpty()) {
      file(key).remove();
    } else {
      file(key).publish(LabelsCodec.encode(labels), false);
    }
  }
}
