package io.warmstart.cli;

import io.warmstart.StoreOptions;
import io.warmstart.model.PolicyUse;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command; in its help they come after its own. */
final class CommonOptions {
  static final String JSON = "--json";

  @Option(
      order = 101,
      names = JSON,
      description = "Answer with one JSON object on one line; notes and errors are objects too.")
  boolean json;

  @Option(
      order = 102,
      names = "--ttl",
      paramLabel = "TIME",
      converter = Arguments.TtlArgument.class,
      description =
          "How long after its last write or access an entry expires, for this command alone:"
              + " seconds, or with a unit, s m h d w; 0 = never. Default: the root's, see policy.")
  @Nullable Duration ttl;

  @Option(
      order = 103,
      names = "--budget",
      paramLabel = "SIZE",
      converter = Arguments.BudgetArgument.class,
      description =
          "What the root may take up, for this command alone: bytes, or with a unit, K M G T P;"
              + " beyond it entries are evicted. Default: the root's, see policy.")
  @Nullable Long budgetBytes;

  @Option(
      order = 104,
      names = "--local-directory",
      paramLabel = "DIR",
      converter = Arguments.PathArgument.class,
      description =
          "Where this machine's processes share locks and index of a root that other machines"
              + " write to. Default: in the root; under /dev/shm if it is on the network.")
  @Nullable Path localDirectory;

  @Option(
      order = 105,
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  /** For one look or one sweep: the root's policy is neither contradicted nor set. */
  StoreOptions storeOptions() {
    return storeOptions(PolicyUse.THIS_STORE_ONLY);
  }

  StoreOptions storeOptions(PolicyUse use) {
    StoreOptions options = StoreOptions.defaults().withPolicy(use);
    if (ttl != null) {
      options = options.withTtl(ttl);
    }
    if (budgetBytes != null) {
      options = options.withSizeBudgetBytes(budgetBytes);
    }
    if (localDirectory != null) {
      options = options.withLocalDirectory(localDirectory);
    }
    return options;
  }
}
