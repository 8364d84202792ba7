package io.warmstart.stress.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** All targets, by name. */
final class FuzzTargets {
  static final List<String> NAMES =
      List.of(
          "manifest",
          "policy",
          "labels",
          "name",
          "index",
          "coordination",
          "segment",
          "policy-file",
          "labels-file",
          "manifest-file",
          "stray-name");

  private FuzzTargets() {}

  /**
   * Makes a target.
   *
   * @param directory where there is nothing yet, and one that works on files may make its roots
   */
  static FuzzTarget of(String name, Path directory) throws IOException {
    return switch (name) {
      case "manifest" -> new ManifestTarget();
      case "policy" -> new PolicyTarget();
      case "labels" -> new LabelsTarget();
      case "name" -> new NameTarget();
      case "index", "coordination" -> new MappedFileTarget(name, directory);
      case "segment" -> new SegmentTarget(directory);
      case "policy-file" -> new EngineFileTarget(EngineFileTarget.Place.POLICY, directory);
      case "labels-file" -> new EngineFileTarget(EngineFileTarget.Place.LABELS, directory);
      case "manifest-file" -> new EngineFileTarget(EngineFileTarget.Place.MANIFEST, directory);
      case "stray-name" -> new EngineFileTarget(EngineFileTarget.Place.NAME, directory);
      default ->
          throw new IllegalArgumentException(
              "target: expected=one of " + NAMES + " actual=" + name);
    };
  }
}
