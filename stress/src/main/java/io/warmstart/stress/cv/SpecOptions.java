package io.warmstart.stress.cv;

import io.warmstart.StoreOptions;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.RemoteOptions;
import io.warmstart.stress.cv.work.CvSpec;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that coordinator and worker share. */
final class SpecOptions {
  private static final String DEFAULT_ROOT_NAME = "target/cv-store";
  static final Path DEFAULT_ROOT = Path.of(DEFAULT_ROOT_NAME);

  @Option(
      names = "--root",
      paramLabel = "DIR",
      defaultValue = DEFAULT_ROOT_NAME,
      description = "Root of the store; made if missing (default: ${DEFAULT-VALUE}).")
  Path root;

  @Option(
      names = "--folds",
      paramLabel = "N",
      defaultValue = "10",
      description = "Folds, at least 2 (default: ${DEFAULT-VALUE}).")
  int folds;

  @Option(
      names = "--penalties",
      paramLabel = "N",
      defaultValue = "20",
      description = "Length of the penalty path, at least 2 (default: ${DEFAULT-VALUE}).")
  int penalties;

  @Option(
      names = "--alpha",
      paramLabel = "X",
      defaultValue = "0.5",
      description =
          "Share of the absolute part of the penalty, above 0 to 1 (default: ${DEFAULT-VALUE}).")
  double alpha;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "1797",
      description = "Rows used, from the first (default: all ${DEFAULT-VALUE}).")
  int rows;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the split into folds (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--budget",
      paramLabel = "BYTES",
      defaultValue = "1073741824",
      description = "Bytes that the root may take (default: ${DEFAULT-VALUE}).")
  long budgetBytes;

  @Option(
      names = "--remote",
      paramLabel = "URL",
      description =
          "A directory that other machines mount, file:///DIRECTORY, or a bucket, s3://BUCKET/PREFIX:"
              + " jobs with the same options and the same remote share the fits.")
  @Nullable URI remote;

  CvSpec spec() {
    return new CvSpec(rows, folds, penalties, alpha, seed);
  }

  StoreOptions storeOptions() {
    StoreOptions options =
        StoreOptions.defaults().withSizeBudgetBytes(budgetBytes).withPolicy(PolicyUse.CHANGE);
    return remote == null ? options : options.withRemote(RemoteOptions.of(remote));
  }

  /** The same options for a worker. */
  List<String> toOptions() {
    List<String> options = new ArrayList<>();
    options.add("--root=" + root);
    options.add("--budget=" + budgetBytes);
    if (remote != null) {
      options.add("--remote=" + remote);
    }
    options.addAll(spec().toOptions());
    return options;
  }
}
